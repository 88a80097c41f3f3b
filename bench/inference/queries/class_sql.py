"""A parameter class as one SELECT over the rows: deterministic, and to be read and changed in the query's file.

It reads as it is chosen. ``found`` has the rows that the statement would read if nothing narrowed them, ``counted``
how many of them each owner has, ``chosen`` the owner; what else the statement asks for is taken from that owner's rows.
"""

# ruff: noqa: S608  (the SELECTs made here are text for a file; every name in them is quoted)
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bench.inference.queries.choice import LISTED, Choice
from bench.inference.queries.describe import PAGE, constant
from bench.inference.queries.found import called, quoted, rows_of
from bench.inference.queries.insertions import inserted
from bench.inference.queries.owners import absent, ranked
from bench.inference.queries.surroundings import Surroundings
from bench.inference.queries.uses import Analysis, Use
from bench.inference.queries.values import bound, searched
from bench.syntax.expressions import expression, words
from bench.syntax.tree import Node, inner, kind, walk

SEARCHED = {"pattern", "regex", "search", "member", "contains", "key", "beside", "differs"}
"""Roles of parameters whose value is looked up by itself."""


@dataclass(frozen=True, slots=True)
class Part:
    """Parameters that take their values from the same rows: those of one level, or of one table."""

    uses: tuple[Use, ...]
    whole: bool
    """Whether the rows are what the level reads, or all of one table."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What there is to choose in a query."""

    around: Surroundings
    analysis: Analysis
    types: Sequence[str]
    parts: tuple[Part, ...]
    """That of the owner first."""
    owners: tuple[Use, ...]
    """Parameters that select whose rows are read."""
    offsets: tuple[Use, ...] = ()
    optional: frozenset[int] = frozenset()
    inserts: tuple[Use, ...] = ()
    fixed: tuple[Use, ...] = ()
    """Parameters for which no row has a value."""
    listed: bool = False
    """Whether the owner is a list of them."""
    unique: bool = False
    """Whether no owner has more than one row."""
    given: Mapping[int, str] = field(default_factory=dict)
    """Parameters whose values are known before: constants and the clock, as SQL."""
    taken: frozenset[str] = field(default=frozenset())
    """Names of tables in the statement."""

    def name(self, use: Use) -> str:
        """The parameter, as a column is written."""
        return quoted(self.analysis.names[use.number - 1])

    def type(self, use: Use) -> str:
        """The type of the parameter."""
        return self.types[use.number - 1]


def class_sql(shape: Shape, choice: Choice) -> str:
    """The SELECT whose columns are the values of a class, one row or none."""
    return _with_clock(_Builder(shape, choice).whole())


def owners_sql(shape: Shape) -> str:
    """A SELECT of how many owners there are, and how many rows the largest has."""
    builder = _Builder(shape, Choice())
    return _with_clock(
        f"WITH {builder.names['found']} AS ({builder.rows(shape.parts[0])}),"
        f" {builder.names['counted']} AS ({builder.counted()})"
        f" SELECT count(*), max(row_count) FROM {builder.names['counted']}"
    )


class _Builder:
    """Builds one class."""

    def __init__(self, shape: Shape, choice: Choice) -> None:
        self.shape, self.choice = shape, choice
        self.names = {
            name: name if name not in shape.taken else f"{name}_rows"
            for name in ("found", "counted", "chosen", "others")
        }
        self.known: dict[int, str] = dict(shape.given)
        self.conditions: list[str] = []
        self.joined: list[str] = []

    def whole(self) -> str:
        shape, names = self.shape, self.names
        ctes: dict[str, str] = {}
        if shape.parts:
            ctes[names["found"]] = self.rows(shape.parts[0])
        if shape.owners:
            ctes[names["counted"]], ctes[names["chosen"]] = self.counted(), self.chosen()
            self.joined.append(names["chosen"])
            for use in shape.owners:
                self.learn(use, f"{names['chosen']}.{shape.name(use)}", narrows=self.choice.owner != "empty")
        for number, part in enumerate(shape.parts):
            self.part(part, number)
        if shape.inserts:
            self.add(inserted(shape, self.choice), "new_row")
            for use in shape.inserts:
                self.known[use.number] = f"new_row.{shape.name(use)}"
        columns = [called(self.value(use), shape.name(use)) for use in self.all_uses()]
        columns += [f"{value} AS {shape.name(use)}" for use, value in self.offsets()]
        if shape.owners and not shape.unique and self.choice.owner != "empty":
            columns.append(f"to_char({names['chosen']}.row_count, 'FM999,999,999,990') || ' rows' AS about")
        return _assembled(ctes, columns, self.joined)

    def all_uses(self) -> list[Use]:
        of_parts = [use for part in self.shape.parts for use in part.uses]
        return sorted([*of_parts, *self.shape.inserts, *self.shape.fixed], key=lambda use: use.number)

    def value(self, use: Use) -> str:
        if self.choice.without_optional and use.number in self.shape.optional:
            return f"NULL::{self.shape.type(use)}"
        if any(use.number == one.number for one in self.shape.fixed):
            return f"{constant(self.shape.type(use))}::{self.shape.type(use)}"
        return self.known.get(use.number, f"NULL::{self.shape.type(use)}")

    def learn(self, use: Use, value: str, *, narrows: bool) -> None:
        """A value is known: what follows is taken from the rows that have it."""
        self.known[use.number] = value
        if narrows:
            operator = f"= ANY ({value})" if self.is_list(use) else f"= {value}"
            self.conditions.append(f"f.{self.shape.name(use)} {operator}")

    def is_list(self, use: Use) -> bool:
        return use.role == "set" and self.shape.type(use).endswith("[]")

    def add(self, select: str, name: str) -> None:
        """Join what a SELECT gives, which may use what is known already."""
        item = f"({select}) AS {name}"
        self.joined.append(f"LEFT JOIN LATERAL {item} ON true" if self.joined else item)

    # ------------------------------------------------------------------------------------------------------- owners
    def rows(self, part: Part) -> str:
        """The rows of a part, each parameter with what it is compared with."""
        columns = [(self.shape.analysis.names[use.number - 1], self.column(use, part)) for use in part.uses]
        if part.whole:
            known = {
                number: value for number, value in self.known.items() if number not in {u.number for u in part.uses}
            }
            linked = part is not self.shape.parts[0]
            return rows_of(part.uses[0].level, columns, known, self.shape.types, linked=linked)
        relation = self.shape.around.relations[part.uses[0].origin[0]]
        listed = ", ".join(called(words(node), quoted(name)) for name, node in columns)
        return f"SELECT {listed} FROM {quoted(relation.schema)}.{quoted(relation.table)} AS t"

    def column(self, use: Use, part: Part) -> Node:
        if part.whole:
            assert use.column is not None
            return use.column
        if use.column is None or use.bare:
            return expression(f"t.{quoted(use.origin[1])}")
        moved = type(use.column)()
        moved.CopyFrom(use.column)
        for node in walk(moved):
            if kind(node) == "ColumnRef":
                node.CopyFrom(inner(expression(f"t.{quoted(use.origin[1])}")))
        return moved

    def counted(self) -> str:
        columns = [self.shape.name(use) for use in self.shape.owners]
        present = " AND ".join(f"{one} IS NOT NULL" for one in columns)
        listed, found = ", ".join(columns), self.names["found"]
        if self.shape.unique:
            return f"SELECT {listed}, 1 AS row_count FROM {found} WHERE {present}"
        return f"SELECT {listed}, count(*) AS row_count FROM {found} WHERE {present} GROUP BY {listed}"

    def chosen(self) -> str:
        shape, owner, counted = self.shape, self.choice.owner, self.names["counted"]
        columns = [shape.name(use) for use in shape.owners]
        listed = ", ".join(columns)
        if owner == "empty":
            return absent(shape.around, shape.owners, columns, self.names, listed=shape.listed)
        inside = (
            f"SELECT {listed}, row_count FROM {counted} {ranked(owner, counted, listed, LISTED if shape.listed else 1)}"
        )
        if not shape.listed:
            return inside
        return (
            f"SELECT array_agg({listed} ORDER BY {listed}) AS {listed}, sum(row_count)::bigint AS row_count"
            f" FROM ({inside}) AS several"
        )

    # -------------------------------------------------------------------------------------------------------- others
    def part(self, part: Part, number: int) -> None:
        """All other parameters of a part."""
        shape = self.shape
        main = number == 0
        table = f"{self.names['found']} AS f" if main else f"({self.rows(part)}) AS f"
        conditions = self.conditions if main else []
        rest = [use for use in part.uses if use.number not in self.known]
        equal = [use for use in rest if use.role == "equal"]
        ranged = [use for use in rest if use.role in ("low", "high")]
        name = self.names["others"] if main else f"{self.names['others']}_{number + 1}"
        if equal or ranged:
            self.add(self.combination(table, _where(conditions), equal, ranged), name)
            for use in equal:
                self.learn(use, f"{name}.{shape.name(use)}", narrows=main)
            self.known |= {use.number: f"{name}.{shape.name(use)}" for use in ranged}
        cursor = [use for use in rest if use.role == "cursor"]
        if cursor:
            self.add(self.middle(table, _where(conditions), cursor), f"row_{number + 1}")
            self.known |= {use.number: f"row_{number + 1}.{shape.name(use)}" for use in cursor}
        for use in rest:
            if use.number not in self.known:
                self.add(self.single(use, table, conditions), f"value_{use.number}")
                self.known[use.number] = f"value_{use.number}.v"

    def combination(self, table: str, where: str, equal: Sequence[Use], ranged: Sequence[Use]) -> str:
        """The most frequent, or rarest, combination of values, and bounds that cover a share of its rows."""
        keys = ", ".join(f"f.{self.shape.name(use)}" for use in equal)
        bounds = [f"{self.bound(use, ranged)} AS {self.shape.name(use)}" for use in ranged]
        listed = ", ".join([*([keys] if keys else []), *bounds])
        if not keys:
            return f"SELECT {listed} FROM {table}{where}"
        order = "count(*)" if self.choice.others == "rare" else "count(*) DESC"
        more = f" OFFSET {self.choice.nth}" if self.choice.nth else ""
        present = " AND ".join(f"f.{self.shape.name(use)} IS NOT NULL" for use in equal)
        return (
            f"SELECT {listed} FROM {table}{where or ' WHERE '}{' AND ' if where else ''}{present}"
            f" GROUP BY {keys} ORDER BY {order}, {keys} LIMIT 1{more}"
        )

    def bound(self, use: Use, ranged: Sequence[Use]) -> str:
        both = use.role == "high" and any(
            other.role == "low" and other.origin == use.origin and other.origin[0] for other in ranged
        )
        share = 1.0 if both else self.choice.share
        return bound(use, f"f.{self.shape.name(use)}", self.shape.type(use), share)

    def middle(self, table: str, where: str, cursor: Sequence[Use]) -> str:
        """A row in the middle: where a list goes on that was left there."""
        columns = ", ".join(f"f.{self.shape.name(use)}" for use in cursor)
        offset = f"(SELECT count(*) / 2 FROM {table}{where})"
        return f"SELECT {columns} FROM {table}{where} ORDER BY {columns} LIMIT 1 OFFSET {offset}"

    def single(self, use: Use, table: str, conditions: Sequence[str]) -> str:
        column = f"f.{self.shape.name(use)}"
        where = _where([*conditions, f"{column} IS NOT NULL"])
        if self.is_list(use):
            inside = (
                f"SELECT {column} AS v FROM {table}{where} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {LISTED}"
            )  # fmt: skip
            return f"SELECT array_agg(v ORDER BY v) AS v FROM ({inside}) AS several"
        if use.role == "equal":
            return f"SELECT {column} AS v FROM {table}{where} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
        return searched(use, column, self.shape.type(use), (table, where), self.choice)

    def offsets(self) -> Iterator[tuple[Use, str]]:
        if not self.choice.deep or not self.shape.parts:
            return
        rows = f"(SELECT count(*) FROM {self.names['found']} AS f{_where(self.conditions)})"
        for use in self.shape.offsets:
            yield use, f"{rows} * 9 / 10" if use.direct else f"greatest(1, {rows} * 9 / {10 * PAGE})"


def clock(name: str) -> str:
    """The parameter that is the clock, as the grammar can read it until the SELECT is whole."""
    return f"pgproof_clock_{name}"


def _with_clock(select: str) -> str:
    return re.sub(r"\bpgproof_clock_(\w+)", r":\1", select)


def _assembled(ctes: Mapping[str, str], columns: Sequence[str], joined: Sequence[str]) -> str:
    """WITH … SELECT …; without the parts that nothing asks for."""
    source = f" FROM {' '.join(joined)}" if joined else ""
    text = f"SELECT {', '.join(columns)}{source}"
    used: list[str] = []
    for name, body in reversed(list(ctes.items())):
        if re.search(rf"\b{name}\b", " ".join([text, *used])):
            used.insert(0, f"{name} AS ({body})")
    return f"WITH {', '.join(used)} {text}" if used else text


def _where(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
