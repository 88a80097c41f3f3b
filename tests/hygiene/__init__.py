"""Index hygiene on real catalogs: what is found, and above all what is not."""
