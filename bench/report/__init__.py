"""Show what an experiment found: what a document is made of, and a renderer for each format."""
