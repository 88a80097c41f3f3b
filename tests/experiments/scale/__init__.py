"""How figures grow, and when a cell crosses its target."""
