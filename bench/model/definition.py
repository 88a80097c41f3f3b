"""What a database is made of, as its catalog says it: objects, each with its facts, comparable across servers.

Names are quoted as SQL writes them and qualified; expressions are the server's own text. No oids, owners or rights:
they are an environment's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Fact = str | int | bool | tuple[str, ...]
"""What is so; what is not so, or is what every such object has, is no fact."""

INVALID = "invalid"
"""A fact of an index that no query uses, its build having failed or going on, and of a constraint nobody proved."""
WITH = "with "
"""How the name of a fact begins that is a storage parameter: ``with fillfactor``."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What tells an object from any other."""

    kind: str
    """In words of SQL: ``index``, ``materialized view``."""
    name: str
    """Of what belongs to a table: without schema, but for a statistics object, which may stand in another one."""
    table: str = ""
    """The table or view that it belongs to, where it cannot be without one."""

    def __str__(self) -> str:
        if self.kind == "column":
            return f"column {self.table}.{self.name}"
        return f"{self.kind} {self.name} on {self.table}" if self.table else f"{self.kind} {self.name}"

    @property
    def schema(self) -> str:
        """The schema that it stands in, quoted as in its name; empty where it stands in none."""
        return self.name if self.kind == "schema" else first_part(self.table or self.name)


@dataclass(frozen=True, slots=True)
class DatabaseObject:
    """One object."""

    key: Key
    facts: Mapping[str, Fact] = field(default_factory=dict)


Definition = Mapping[Key, DatabaseObject]
"""All objects of a database; columns in the order of their table."""


def first_part(name: str) -> str:
    """``"my.schema"`` of ``"my.schema".t``; empty of a name without schema."""
    quoted = False
    for place, char in enumerate(name):
        quoted ^= char == '"'
        if not quoted and char == "(":
            return ""
        if not quoted and char == ".":
            return name[:place]
    return ""
