"""dataset.toml: a plan of rows as a text that people edit, and read back onto the schema.

``writing``  a plan as text, each value with its reason behind it
``reading``  a text onto the plan that is inferred without it: what it says wins, what it leaves out is inferred
``places``   the line on which each key stands
``assumed``  what of it was assumed, for a report
"""

from __future__ import annotations

FILE = "dataset.toml"

ROWS = "200k"
"""Size of a dataset where nobody says one: filled and measured within two minutes."""

TOP = ("rows", "locales", "fire_triggers")
"""Keys above all tables."""
OF_TABLE = ("rows", "skew", "columns")
OF_COLUMN = ("kind", "nulls", "never_null", "value", "values", "shares", "references", "function")
"""Keys of a column that mean the same for every kind; options of its kind come beside them."""
OF_KINDS = ("value", "values", "unique", "step", "shape", "share", "least", "most", "longest", "shortest")
"""Options of kinds, as far as they could be taken for those."""
