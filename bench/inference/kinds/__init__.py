"""Values that look like an application's: a kind for each column by its name and type, and references by their names.

``propose`` decides, ``values_of`` makes, ``references`` finds. rules.toml has the names, kinds.toml what each kind is
made of, words.toml and places.toml the words; Faker gives the others.
"""

from bench.inference.kinds.propose import propose
from bench.inference.kinds.references import Found, find_references, references
from bench.inference.kinds.rules import kinds
from bench.inference.kinds.values import values_of

__all__ = ["Found", "find_references", "kinds", "propose", "references", "values_of"]
