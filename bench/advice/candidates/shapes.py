"""An index that is not there yet: its parts, its DDL, and how it compares with those that are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cache

from bench.advice.candidates.terms import Reader, relabelled
from bench.hygiene.redundant_indexes import relation
from bench.model.attribution import IndexFacts, IndexKey
from bench.model.facts import Facts
from bench.model.schema import Index, Table
from bench.syntax.expressions import conjuncts, expression, qualified, quoted, words
from bench.syntax.tree import Node, children, inner, kind, walk

NAME_BYTES = 63
"""Longest name that the server keeps whole (NAMEDATALEN - 1)."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of an index."""

    text: str
    """A column as SQL has to write it, or an expression."""
    columns: tuple[str, ...]
    """That are in it, unquoted."""
    opclass: str = ""
    """Empty for the type's own."""
    descending: bool = False
    nulls_first: bool = False

    @property
    def ddl(self) -> str:
        """As CREATE INDEX has it."""
        bare = kind(expression(self.text)) in ("ColumnRef", "FuncCall")
        parts = [self.text if bare else f"({self.text})", self.opclass, "DESC" if self.descending else ""]
        if self.nulls_first != self.descending:
            parts.append("NULLS FIRST" if self.nulls_first else "NULLS LAST")
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Shape:
    """What an index is but for its name."""

    table: Table
    method: str
    keys: tuple[Key, ...]
    include: tuple[str, ...] = ()
    """Columns, unquoted, by name."""
    predicate: str = ""
    """In the form that ``conjunction`` gives."""
    predicate_columns: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    """Storage parameters, ``"pages_per_range=16"``."""

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal for two that are the same index."""
        return self.table.name, self.method, self.keys, frozenset(self.include), self.predicate, self.options

    def facts(self, name: str = "") -> IndexFacts:
        """As the catalog would have it, in the form that ``known`` gives to those that are there."""
        keys = tuple(
            IndexKey(_plain(key.text), key.opclass, "", key.descending, key.nulls_first) for key in self.keys
        )  # fmt: skip
        include = tuple(quoted(column) for column in self.include)
        table = qualified(self.table.table, self.table.schema)
        return IndexFacts(name, table, self.method, keys, include, self.predicate, options=self.options)

    def index(self, name: str) -> Index:
        """As a schema would have it."""
        columns = dict.fromkeys((*(one for key in self.keys for one in key.columns), *self.predicate_columns))
        keys = tuple(key.columns[0] if key.text == quoted(key.columns[0]) else key.text for key in self.keys)
        return Index(name, self.method, keys, tuple(columns), self.include, predicate=self.predicate)

    def ddl(self, name: str) -> str:
        """The statement that makes it."""
        using = "" if self.method == "btree" else f" USING {self.method}"
        include = f" INCLUDE ({', '.join(map(quoted, self.include))})" if self.include else ""
        options = f" WITH ({', '.join(self.options)})" if self.options else ""
        where = f" WHERE {self.predicate}" if self.predicate else ""
        keys = ", ".join(key.ddl for key in self.keys)
        on = qualified(self.table.table, self.table.schema)
        return f"CREATE INDEX {quoted(name)} ON {on}{using} ({keys}){include}{options}{where}"


# ----------------------------------------------------------------------------------------------------------- names
def names_for(shapes: Iterable[Shape], taken: Collection[tuple[str, str]]) -> dict[tuple[object, ...], str]:
    """A name for each, by its identity: readable, of 63 bytes at most, and of no relation of the schema yet.

    ``taken`` are schemas and the names in them.
    """
    used, found = set(taken), {}
    for shape in shapes:
        stem = _stem(shape)
        number, name = 1, _fitting(stem, "_idx")
        while (shape.table.schema, name) in used:
            number += 1
            name = _fitting(stem, f"_idx{number}")
        used.add((shape.table.schema, name))
        found[shape.identity] = name
    return found


def _stem(shape: Shape) -> str:
    parts = [shape.table.table]
    parts += [key.columns[0] if key.text == quoted(key.columns[0]) else _plain(key.text) for key in shape.keys]
    if shape.method != "btree":
        parts.append("trgm" if any("trgm" in key.opclass for key in shape.keys) else shape.method)
    elif any("pattern" in key.opclass for key in shape.keys):
        parts.append("pattern")
    if shape.include:
        parts += ["with", *shape.include]
    if shape.predicate:
        parts += ["where", *shape.predicate_columns]
    return "_".join(re.findall(r"[^\W_]+", " ".join(parts).lower().replace(" from ", " ")))


def _fitting(stem: str, end: str) -> str:
    """The stem cut to what a name may have, at a whole character."""
    room = NAME_BYTES - len(end.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip("_") + end


# ------------------------------------------------------------------------------------------------------ comparing
def conjunction(texts: Iterable[str]) -> str:
    """Conditions as one, each once, in an order that does not depend on how they were written."""
    parts = sorted({_plain(words(part)) for text in texts for part in conjuncts(expression(text))})
    return " AND ".join(
        f"({part})" if kind(expression(part)) == "BoolExpr" and len(parts) > 1 else part for part in parts
    )


def known(facts: Facts, table: Table) -> tuple[IndexFacts, ...]:
    """The valid indexes of a table, with what is a column's own operator class or collation left out."""
    name = qualified(table.table, table.schema)
    reader = Reader(frozenset(), relabelled(table))
    return tuple(
        replace(
            index,
            keys=tuple(_normal_key(key, index.method, reader, facts, table) for key in index.keys),
            predicate=conjunction([reader.words(expression(index.predicate))]) if index.predicate else "",
        )
        for index in facts.indexes
        if index.valid and index.table == name
    )


def _normal_key(key: IndexKey, method: str, reader: Reader, facts: Facts, table: Table) -> IndexKey:
    column = next((one for one in table.columns if quoted(one.name) == key.text), None)
    own = facts.collations.get(table.name, {}).get(column.name, '"default"') if column else '"default"'
    usual = {*facts.opclasses.get(method, {}).values(), "varchar_ops"}
    return replace(
        key,
        text=_plain(reader.words(expression(key.text))),
        opclass="" if key.opclass in usual else key.opclass.rpartition(".")[2],
        collation="" if key.collation == own else key.collation,
    )


@cache
def _plain(text: str) -> str:
    """An expression in a form that does not depend on who printed it: no schema of functions and operators, no casts
    of constants."""
    tree = expression(text)
    for one in walk(tree):
        if kind(one) == "FuncCall":
            del one.funcname[:-1]
        elif kind(one) == "A_Expr":
            del one.name[:-1]
    _uncast(tree)
    return words(tree)


def _uncast(node: Node) -> None:
    for child in children(inner(node)):
        _uncast(child)
    if node.DESCRIPTOR.name == "Node" and kind(node) == "TypeCast":
        cast = inner(node)
        if kind(cast.arg) == "A_Const":
            argument = type(node)()
            argument.CopyFrom(cast.arg)
            node.CopyFrom(argument)


def existing(shape: Shape, indexes: Iterable[IndexFacts]) -> IndexFacts | None:
    """The index that does all that the shape would do, read backwards too; None where there is none."""
    own = shape.facts()
    return next((index for index in indexes if relation(own, index)), None)
