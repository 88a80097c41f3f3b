"""What each scan of a plan asks of its table: conditions, joins, order, columns, and what it cost without help."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from bench.advice.candidates.seen import SeenClass, SeenQuery
from bench.advice.candidates.terms import Reader, Term, condition, relabelled
from bench.model import Json
from bench.model.schema import Schema, Table
from bench.plans import misestimates
from bench.plans.parse import number, rows_removed, walk
from bench.plans.tree import CONDITIONS, PlanNode, tree
from bench.syntax.expressions import enum
from bench.syntax.tree import Node, NotParsed, inner, kind, parse, statement
from bench.workload.sqlfile import numbered

SCANS = {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"}
JOINS = {"Nested Loop", "Hash Join", "Merge Join"}
PASSING = {"Gather", "Gather Merge", "Limit", "Materialize", "Memoize", "Hash"}
"""Give the rows that they get, with whatever columns these bring along."""
SORTS = {"Sort", "Incremental Sort"}
KEEPS_ORDER = JOINS | PASSING
KEEPS_ORDER |= {"Append", "Merge Append", "LockRows", "Sort", "Incremental Sort", "Unique", "WindowAgg", "Result"}
KEEPS_ORDER |= {"ProjectSet", "Subquery Scan"}
"""May stand between a sort and a scan that could give its order instead."""
_UNUSABLE = {("Left", "Outer"), ("Anti", "Outer"), ("Right", "Inner"), ("Right Anti", "Inner"),
             ("Full", "Outer"), ("Full", "Inner")}  # fmt: skip
"""Join type and side: a table there is not looked up row by row, since all its rows are wanted."""
_PART = re.compile(r"(.+)_\d+")
_DIRECTION = re.compile(r"( DESC| ASC)?( NULLS (FIRST|LAST))?$")


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of an order."""

    key: str
    columns: tuple[str, ...]
    descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """An order that a plan makes by sorting and an index of one table could give."""

    keys: tuple[SortKey, ...]
    rows: float
    """That were sorted, over all loops."""
    limited: bool
    """Whether only the first of them were wanted."""


@dataclass(frozen=True, slots=True)
class Join:
    """A condition that looks up rows of this table for those of others."""

    term: Term
    probes: float
    """Rows of the other side."""


@dataclass(frozen=True, slots=True)
class Demand:
    """All scans of one table under one alias in one plan. Rows and pages are over all loops."""

    query: str
    parameter_class: str
    table: Table
    alias: str
    terms: tuple[Term, ...]
    joins: tuple[Join, ...]
    orders: tuple[Order, ...]
    groups: tuple[SortKey, ...]
    needed: frozenset[str]
    """Columns that the statement reads of it."""
    rows: float
    removed: float
    loops: float
    pages: int
    indexes: tuple[str, ...]
    """That it was scanned by."""
    executed: bool
    """Otherwise all figures are the server's estimates."""
    estimated: float
    """Rows that were expected."""
    off: float
    """Times that the rows of a scan were more or fewer than estimated, where that was an error."""
    grouped: tuple[float, float] = (0.0, 0.0)
    """Groups that were expected of ``groups``, and that there were."""


def demands(seen: SeenQuery, schema: Schema) -> Iterator[Demand]:
    """Those of all classes of a query, in the order of its classes and plans."""
    by_table: dict[str, list[Table]] = {}
    for table in schema.tables:
        by_table.setdefault(table.table, []).append(table)
    sorted_by = _sorted_by(seen)
    for name, one in seen.classes.items():
        yield from _Plan(seen.query.name, name, one, schema, by_table, sorted_by).demands()


def root_of(table: Table, schema: Schema) -> Table:
    """The table that it is a partition of, at any depth; itself where it is none."""
    while table.partition_of in schema.by_name:
        table = schema.by_name[table.partition_of]
    return table


@dataclass(slots=True)
class _Plan:
    query: str
    parameter_class: str
    seen: SeenClass
    schema: Schema
    tables: Mapping[str, list[Table]]
    sorted_by: tuple[Node, ...]

    def demands(self) -> Iterator[Demand]:
        plan = self.seen.plan.plan
        above: dict[int, tuple[Json, ...]] = {}
        _ancestors(plan, (), above)
        lines = {id(node): row for node, row in zip(walk(plan), tree(plan), strict=True)}
        off = {one.node: one.q for one in misestimates(plan)} if "Actual Rows" in plan else {}
        groups: dict[tuple[str, str], list[Json]] = {}
        for node in walk(plan):
            table = self._table(node)
            if table is not None and node["Node Type"] in SCANS:
                root = root_of(table, self.schema)
                groups.setdefault((root.name, self._alias(node, is_part=root is not table)), []).append(node)
        for (name, alias), nodes in groups.items():
            yield self._demand(self.schema.by_name[name], alias, nodes, above, lines, off)

    def _table(self, node: Json) -> Table | None:
        name, schema = node.get("Relation Name"), node.get("Schema")
        if schema:
            return self.schema.by_name.get(f"{schema}.{name}")
        found = self.tables.get(str(name), [])
        return found[0] if len(found) == 1 else None

    def _alias(self, node: Json, *, is_part: bool) -> str:
        alias = str(node.get("Alias", node["Relation Name"]))
        match = _PART.fullmatch(alias)
        return match[1] if is_part and match else alias

    def _demand(
        self, table: Table, alias: str, nodes: list[Json], above: dict[int, tuple[Json, ...]],
        lines: dict[int, PlanNode], off: dict[PlanNode, float],
    ) -> Demand:  # fmt: skip
        names = frozenset({alias, *(str(node.get("Alias", alias)) for node in nodes)})
        reader = Reader(names, relabelled(table))
        first = nodes[0]
        executed = "Actual Rows" in first
        rows = sum(_rows(node) for node in nodes)
        groups, grouped = _groups(above[id(first)], reader)
        return Demand(
            query=self.query,
            parameter_class=self.parameter_class,
            table=table,
            alias=alias,
            terms=_own_terms(nodes, reader),
            joins=tuple(_joins(above[id(first)], first, reader)),
            orders=tuple(_orders(above[id(first)], reader))
            or tuple(self._walked(above[id(first)], reader, table, rows)),
            groups=groups,
            needed=_needed(self.seen.plan.plan, nodes, reader),
            rows=rows,
            removed=sum(map(rows_removed, nodes)),
            loops=max(number(node, "Actual Loops") for node in nodes),
            pages=sum(lines[id(one)].buffers_self for node in nodes for one in (node, *_bitmap(node))),
            indexes=tuple(str(one["Index Name"]) for node in nodes for one in walk(node) if one.get("Index Name")),
            executed=executed,
            estimated=sum(lines[id(node)].estimated_rows for node in nodes),
            off=max(off.get(lines[id(node)], 1.0) for node in nodes),
            grouped=grouped,
        )

    def _walked(self, above: tuple[Json, ...], reader: Reader, table: Table, rows: float) -> Iterator[Order]:
        """The order of a statement whose first rows come off some index in that order: no sort shows it."""
        if not self.sorted_by or not _is_limited(above) or any(one["Node Type"] in SORTS for one in above):
            return
        names = {column.name for column in table.columns}
        found: list[SortKey] = []
        for key in self.sorted_by:
            columns = reader.columns(inner(key).node)
            if not columns or reader.aliases(inner(key).node) or not names.issuperset(columns):
                break
            found.append(_key(inner(key), reader))
        if found:
            yield Order(tuple(found), rows, limited=True)


def _sorted_by(seen: SeenQuery) -> tuple[Node, ...]:
    """The ORDER BY of the statement itself."""
    text, _ = numbered(seen.query.sql, {parameter.name: parameter.type for parameter in seen.query.parameters})
    try:
        whole = statement(parse(text))
    except NotParsed:
        return ()
    return tuple(whole.sort_clause) if kind(whole) == "SelectStmt" else ()


def _ancestors(node: Json, path: tuple[Json, ...], found: dict[int, tuple[Json, ...]]) -> None:
    """Of each node those above it, the nearest first."""
    found[id(node)] = path
    for child in node.get("Plans", ()):
        _ancestors(child, (node, *path), found)


def _rows(node: Json) -> float:
    if "Actual Rows" in node:
        return number(node, "Actual Rows") * number(node, "Actual Loops")
    return number(node, "Plan Rows")


def _bitmap(node: Json) -> list[Json]:
    """The index scans that a heap scan gets its rows from."""
    return list(walk(node))[1:] if node["Node Type"] == "Bitmap Heap Scan" else []


def _own_terms(nodes: list[Json], reader: Reader) -> tuple[Term, ...]:
    """Of several partitions the conditions of all: the server leaves out what the bounds of one say already."""
    found: dict[tuple[str, ...], Term] = {}
    for node in nodes:
        for name in ("Index Cond", "Recheck Cond", "Filter"):
            for term in reader.terms(str(node[name])) if name in node else ():
                found.setdefault((term.kind, term.key, term.operator, term.text), term)
    return tuple(found.values())


def _joins(above: tuple[Json, ...], scan: Json, reader: Reader) -> Iterator[Join]:
    below = scan
    for node in above:
        if str(below.get("Parent Relationship")) in ("InitPlan", "SubPlan"):
            return
        if node["Node Type"] in JOINS:
            side = str(below.get("Parent Relationship", ""))
            if (str(node.get("Join Type", "Inner")), side) not in _UNUSABLE:
                probes = sum(_rows(child) for child in node["Plans"] if child is not below)
                for name in ("Hash Cond", "Merge Cond", "Join Filter"):
                    for term in reader.terms(str(node[name])) if name in node else ():
                        if term.others and term.kind in ("equal", "range"):
                            yield Join(term, probes)
        below = node


def _orders(above: tuple[Json, ...], reader: Reader) -> Iterator[Order]:
    for place, node in enumerate(above):
        how = node["Node Type"]
        if how == "Aggregate" and (end := _extreme(node, reader)):
            yield Order(end, _rows(node["Plans"][0]), limited=True)
        if how not in KEEPS_ORDER:
            return
        if how in SORTS:
            keys = _leading(node.get("Sort Key", ()), reader)
            if keys:
                limited = _is_limited(above[place + 1 :])
                yield Order(keys, _rows(node["Plans"][0]), limited)


def _extreme(node: Json, reader: Reader) -> tuple[SortKey, ...]:
    """The column of which an aggregate wants nothing but the least or greatest value: the end of an index on it."""
    output = node.get("Output", ())
    match = re.fullmatch(r"(?:min|max)\((.+)\)", str(output[0])) if len(output) == 1 else None
    return _leading([match[1]], reader) if match and not node.get("Group Key") else ()


def _is_limited(above: tuple[Json, ...]) -> bool:
    for node in above:
        if node["Node Type"] == "Limit":
            return True
        if node["Node Type"] not in (
            "Gather Merge",
            "Incremental Sort",
            "Unique",
            "LockRows",
            "Subquery Scan",
            "Result",
        ):
            return False
    return False


def _leading(texts: list[str], reader: Reader) -> tuple[SortKey, ...]:
    """The keys that are about this table alone, up to the first that is not."""
    found: list[SortKey] = []
    for text in texts:
        key = _sort_key(text)
        if key is None or not reader.columns(key.node) or reader.aliases(key.node):
            break
        found.append(_key(key, reader))
    return tuple(found)


def _key(key: Node, reader: Reader) -> SortKey:
    down = enum(key, "sortby_dir") == "SORTBY_DESC"
    nulls = enum(key, "sortby_nulls")
    first = nulls == "SORTBY_NULLS_FIRST" or (down and nulls == "SORTBY_NULLS_DEFAULT")
    return SortKey(reader.words(key.node), tuple(dict.fromkeys(reader.columns(key.node))), down, first)


@cache
def _sort_key(text: str) -> Node | None:
    if condition(_DIRECTION.sub("", text)) is None:
        return None
    try:
        return inner(statement(parse(f"SELECT 1 ORDER BY {text}")).sort_clause[0])
    except NotParsed:  # USING, or a notation of EXPLAIN's own
        return None


def _groups(above: tuple[Json, ...], reader: Reader) -> tuple[tuple[SortKey, ...], tuple[float, float]]:
    """What the nearest aggregate groups by, where that is all of this table; groups expected and found."""
    for node in above:
        if node["Node Type"] in ("Aggregate", "Group"):
            keys = node.get("Group Key", ())
            found = _leading(keys, reader)
            if found and len(found) == len(keys):
                return found, (number(node, "Plan Rows"), number(node, "Actual Rows"))
            break
        if node["Node Type"] not in KEEPS_ORDER:
            break
    return (), (0.0, 0.0)


def _needed(plan: Json, nodes: list[Json], reader: Reader) -> frozenset[str]:
    """Columns of the table that anything but reading its pages asks for.

    A sequential scan gives whole rows where that costs nothing (use_physical_tlist in the server's createplan.c), and
    so do nodes that only pass rows on: what counts is what all others print.
    """
    own, found, others = {id(node) for node in nodes}, set[str](), False
    for node in walk(plan):
        texts = [str(node[name]) for name in CONDITIONS if name in node]
        if id(node) not in own:
            passing = node["Node Type"] in PASSING
            keys = ("Sort Key", "Group Key") if passing else ("Sort Key", "Group Key", "Output")
            others = others or not passing
            texts += [str(text) for key in keys for text in node.get(key, ())]
        found.update(*(_columns(text, reader) for text in texts))
    if not others:
        found.update(*(_columns(str(text), reader) for node in nodes for text in node.get("Output", ())))
    return frozenset(found)


def _columns(text: str, reader: Reader) -> list[str]:
    tree = condition(_DIRECTION.sub("", text))
    return [] if tree is None else reader.columns(tree)
