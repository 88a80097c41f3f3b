"""The levels of a statement (its SELECTs, one in another) and what the names in each stand for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from bench.inference.queries.relations import Relation, Relations
from bench.syntax.expressions import enum
from bench.syntax.tree import Node, children, inner, kind

How = Literal["top", "cte", "from", "exists", "in", "scalar", "union"]

Columns = dict[str, tuple[str, str]]
"""Name of a column to the relation and the column there that it passes on; of a calculated one both are empty."""


@dataclass(slots=True, eq=False)
class Level:
    """A SELECT, INSERT, UPDATE or DELETE, on its own or in another statement."""

    number: int
    node: Node
    parent: Level | None
    how: How
    """What it is to its parent."""
    negated: bool = False
    """Under NOT: a row of it is what must not be."""
    sources: dict[str, Columns] = field(default_factory=dict)
    """Names in its FROM to their columns."""
    ctes: dict[str, Columns] = field(default_factory=dict)
    correlated: bool = False
    """Whether it names a column of its parent."""
    link: Node | None = None
    """Of what stands behind IN: the whole test."""
    inner_levels: list[Level] = field(default_factory=list)
    output: Columns = field(default_factory=dict)

    def resolve(self, column: Node) -> tuple[str, str] | None:
        """The relation and column that a ColumnRef means; None where nothing says so. Marks levels as correlated."""
        names = [str(inner(one).sval) for one in column.fields if kind(one) == "String"]
        if len(names) != len(column.fields):
            return None
        level: Level | None = self
        passed: list[Level] = []
        while level:
            if (found := level._own(names)) is not None:
                for one in passed:
                    one.correlated = True
                return found if found[0] else None
            passed.append(level)
            level = level.parent
        return None

    def _own(self, names: list[str]) -> tuple[str, str] | None:
        *qualifiers, name = names
        if qualifiers:
            columns = self.sources.get(qualifiers[-1])
            return None if columns is None else columns.get(name, ("", ""))
        return next((columns[name] for columns in self.sources.values() if name in columns), None)

    def find_cte(self, name: str) -> Columns | None:
        """The columns of the WITH query of that name, its own or a parent's."""
        level: Level | None = self
        while level:
            if name in level.ctes:
                return level.ctes[name]
            level = level.parent
        return None


STATEMENTS = {"SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt"}
_SUBLINKS: dict[str, How] = {"EXISTS_SUBLINK": "exists", "ANY_SUBLINK": "in", "ALL_SUBLINK": "in"}


def levels(top: Node, relations: Relations) -> list[Level]:
    """The levels of a statement, outer before inner."""
    found: list[Level] = []
    _Reader(relations, found).read(top, None, "top")
    return found


@dataclass(slots=True)
class _Reader:
    relations: Relations
    found: list[Level]

    def read(self, node: Node, parent: Level | None, how: How, *, negated: bool = False) -> Level:
        level = Level(len(self.found), node, parent, how, negated)
        self.found.append(level)
        if parent:
            parent.inner_levels.append(level)
        for cte in node.with_clause.ctes if hasattr(node, "with_clause") else ():
            one = inner(cte)
            if kind(one.ctequery) in STATEMENTS:
                columns = self.read(inner(one.ctequery), level, "cte").output
                names = [str(inner(name).sval) for name in one.aliascolnames]
                level.ctes[one.ctename] = _renamed(columns, names)
        self._sources(level)
        self._sublinks(level)
        level.output = self._output(level)
        return level

    def _sources(self, level: Level) -> None:
        node = level.node
        if kind(node) != "SelectStmt" and node.HasField("relation"):
            self._source(node.relation, level)
        if node.DESCRIPTOR.name == "SelectStmt" and node.HasField("larg"):
            self.read(node.larg, level, "union")
            self.read(node.rarg, level, "union")
        for name in ("from_clause", "using_clause"):
            for item in getattr(node, name, ()):
                self._source(item, level)
        if kind(node) == "InsertStmt" and kind(node.select_stmt) == "SelectStmt":
            self.read(inner(node.select_stmt), level, "from")

    def _source(self, item: Node, level: Level) -> None:
        one = inner(item)
        match kind(item):
            case "RangeVar":
                columns = None if one.schemaname else level.find_cte(one.relname)
                if columns is None:
                    columns = _columns_of(self.relations.find(one.schemaname, one.relname))
                level.sources[one.alias.aliasname or one.relname] = columns
            case "RangeSubselect" if kind(one.subquery) == "SelectStmt":
                columns = self.read(inner(one.subquery), level, "from").output
                names = [str(inner(name).sval) for name in one.alias.colnames]
                level.sources[one.alias.aliasname] = _renamed(columns, names)
            case "JoinExpr":
                self._source(one.larg, level)
                self._source(one.rarg, level)
            case "RangeTableSample":
                self._source(one.relation, level)
            case "RangeFunction" if one.HasField("alias"):
                level.sources[one.alias.aliasname] = {}

    def _sublinks(self, level: Level) -> None:
        for link, negated in sublinks(level.node):
            how = _SUBLINKS.get(enum(link, "sub_link_type"), "scalar")
            if kind(link.subselect) == "SelectStmt":
                self.read(inner(link.subselect), level, how, negated=negated).link = link

    def _output(self, level: Level) -> Columns:
        if kind(level.node) != "SelectStmt":
            return {}
        if level.node.HasField("larg"):
            return next((one.output for one in level.inner_levels if one.how == "union"), {})
        found: Columns = {}
        for target in level.node.target_list:
            one = inner(target)
            if kind(one.val) != "ColumnRef":
                found[one.name or f"?{len(found)}"] = ("", "")
                continue
            fields = inner(one.val).fields
            if kind(fields[-1]) == "A_Star":
                wanted = [str(inner(name).sval) for name in fields[:-1]][-1:]
                for alias, columns in level.sources.items():
                    if not wanted or alias == wanted[0]:
                        found.update(columns)
            else:
                found[one.name or str(inner(fields[-1]).sval)] = level.resolve(inner(one.val)) or ("", "")
        return found


def sublinks(node: Node, *, negated: bool = False) -> Iterator[tuple[Node, bool]]:
    """The subqueries in the expressions of a level, and whether NOT stands before them; not those inside of others."""
    for child in children(node):
        one = inner(child)
        name = kind(one)
        if name == "SubLink":
            yield one, negated
            if one.HasField("testexpr"):
                yield from sublinks(one.testexpr, negated=negated)
        elif name == "BoolExpr" and enum(one, "boolop") == "NOT_EXPR":
            yield from sublinks(one, negated=not negated)
        elif name not in STATEMENTS and name != "WithClause" and name != "RangeSubselect":
            yield from sublinks(one, negated=negated)


def _columns_of(relation: Relation | None) -> Columns:
    return {name: (relation.name, name) for name in relation.columns} if relation else {}


def _renamed(columns: Columns, names: list[str]) -> Columns:
    kept = list(columns.items())
    return {names[i] if i < len(names) else name: origin for i, (name, origin) in enumerate(kept)}
