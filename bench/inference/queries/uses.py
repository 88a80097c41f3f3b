"""What each parameter of a statement is for: the column that it is compared with, and how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from bench.inference.queries.expressions import (
    affixes_of,
    columns_in,
    direct,
    numbers_in,
    only_parameters,
    or_itself,
    range_bounds,
    wrapped,
)
from bench.inference.queries.relations import Relations
from bench.inference.queries.scopes import STATEMENTS, Level, levels
from bench.syntax.expressions import enum
from bench.syntax.tree import Node, NotParsed, children, inner, kind, parse, statement

Role = Literal[
    "equal", "set", "member", "low", "high", "differs", "pattern", "regex", "contains", "search", "key", "cursor",
    "beside", "limit", "offset", "value", "other",
]  # fmt: skip

_OPERATORS: dict[str, tuple[Role, Role]] = {
    "=": ("equal", "equal"), ">": ("low", "high"), ">=": ("low", "high"), "<": ("high", "low"),
    "<=": ("high", "low"), "<>": ("differs", "differs"), "!=": ("differs", "differs"), "~~": ("pattern", "other"),
    "~~*": ("pattern", "other"), "!~~": ("differs", "other"), "!~~*": ("differs", "other"), "~": ("regex", "other"),
    "~*": ("regex", "other"), "@>": ("contains", "beside"), "<@": ("beside", "contains"),
    "&&": ("beside", "beside"), "@@": ("search", "search"), "%": ("beside", "beside"), "?": ("key", "other"),
    "->": ("key", "other"), "->>": ("key", "other"), "<->": ("beside", "beside"), "<=>": ("beside", "beside"),
    "<#>": ("beside", "beside"), "^@": ("beside", "other"),
}  # fmt: skip
"""Operator to what a parameter on its right is, and one on its left."""


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """One place where a parameter stands."""

    number: int
    """Of ``$n``."""
    role: Role
    level: Level
    column: Node | None = None
    """The expression that it meets, in words of the level."""
    origin: tuple[str, str] = ("", "")
    """Relation and column of that expression, where it is over one column."""
    bare: bool = False
    """Whether the expression is the column itself."""
    strict: bool = False
    """Of a bound: whether it is itself left out."""
    optional: bool = False
    """Whether the statement makes something else of NULL: ``$1 IS NULL OR a = $1``."""
    negated: bool = False
    filters: bool = True
    """Whether it decides which rows there are."""
    affixes: tuple[str, str] = ("", "")
    """Of a pattern: what the statement itself puts before and behind it."""
    direct: bool = True
    """Whether it stands there as it is, but for casts and functions such as lower."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """A statement taken apart."""

    top: Node
    levels: list[Level]
    uses: list[Use]
    names: list[str] = field(default_factory=list)
    """Of ``$1``, ``$2``…"""

    def of(self, number: int) -> list[Use]:
        """The places of one parameter, the telling ones first."""
        found = [use for use in self.uses if use.number == number]
        return sorted(found, key=_telling)

    def main(self, number: int) -> Use:
        """The place that says most about what the parameter is for."""
        return (self.of(number) or [Use(number, "other", self.levels[0])])[0]


def _telling(use: Use) -> tuple[bool, ...]:
    weak = use.role in ("other", "differs", "beside")
    return (use.role == "other", use.negated, use.role == "value", weak, not use.filters, use.optional)


def analyse(sql: str, names: Sequence[str], relations: Relations) -> Analysis:
    """Take a statement apart whose parameters ``names`` stand in it as ``$1``…

    Raises:
        NotParsed: it is no statement.
    """
    top = statement(parse(sql))
    if kind(top) not in STATEMENTS | {"MergeStmt"}:
        raise NotParsed("no SELECT, INSERT, UPDATE, DELETE or MERGE")
    found = levels(top, relations)
    return Analysis(top, found, [use for level in found for use in _Collector(level).all()], list(names))


@dataclass(frozen=True, slots=True)
class _At:
    """Under what a condition stands."""

    negated: bool = False
    optional: bool = False
    filters: bool = True


@dataclass(frozen=True, slots=True)
class _Collector:
    level: Level

    def all(self) -> Iterator[Use]:
        node, at = self.level.node, _At(negated=_negated(self.level))
        if hasattr(node, "where_clause") and node.HasField("where_clause"):
            yield from self.condition(node.where_clause, at)
        if hasattr(node, "having_clause"):  # about groups, of which no row says anything
            for use in self.condition(node.having_clause, replace(at, filters=False)):
                yield replace(use, role="other")
        for item in (*getattr(node, "from_clause", ()), *getattr(node, "using_clause", ())):
            yield from self.joined(item, at)
        if kind(node) == "SelectStmt":
            yield from self.limits(node)
            for values in node.values_lists:
                yield from self.listed(inner(values).items)
            calculated = (*node.target_list, *node.group_clause, *node.sort_clause, *node.window_clause)
            if self.inserts():
                yield from self.listed([inner(target).val for target in node.target_list])
        else:
            calculated = tuple(getattr(node, "returning_list", ()))
            yield from self.set(node)
        for item in calculated:
            yield from self.condition(item, replace(at, filters=False))
        if kind(node) == "InsertStmt" and node.HasField("on_conflict_clause"):
            yield from self.set(node.on_conflict_clause)

    # -------------------------------------------------------------------------------------------------- conditions
    def condition(self, node: Node, at: _At) -> Iterator[Use]:
        """The parameters of an expression; what stands in its subqueries belongs to their levels."""
        one = inner(node)
        match kind(one):
            case "ParamRef":
                yield Use(one.number, "other", self.level, negated=at.negated, filters=at.filters)
            case "BoolExpr":
                negated = at.negated != (enum(one, "boolop") == "NOT_EXPR")
                optional = at.optional or (enum(one, "boolop") == "OR_EXPR" and any(map(only_parameters, one.args)))
                for part in one.args:
                    if not (optional and only_parameters(part)):
                        yield from self.condition(part, replace(at, negated=negated, optional=optional))
            case "A_Expr":
                yield from self.compared(one, at)
            case "SubLink":
                if one.HasField("testexpr"):
                    yield from self.tested(one, at)
            case "FuncCall":
                yield from self.called(one, at)
            case name if name not in STATEMENTS:
                for child in children(one):
                    yield from self.condition(child, at)

    def compared(self, one: Node, at: _At) -> Iterator[Use]:
        operator = str(inner(one.name[-1]).sval) if one.name else "="
        sides = [side for side in (one.lexpr, one.rexpr) if side.WhichOneof("node")]
        which = enum(one, "kind")
        if len(sides) == 2 and all(kind(side) == "RowExpr" for side in sides):
            role: Role = "equal" if operator == "=" else "cursor"
            yield from self.rows(sides[0], sides[1], role, at)
        elif which == "AEXPR_IN" and kind(one.lexpr) == "RowExpr":
            for item in inner(one.rexpr).items:
                yield from self.rows(one.lexpr, item, "differs" if operator == "<>" else "equal", at)
        elif len(sides) == 2 and operator in ("@>", "<@") and (bounds := range_bounds(sides[operator == "<@"])):
            column = sides[operator == "@>"]
            yield from self.pair(column, bounds[0], ("low", "other"), at)
            yield from self.pair(column, bounds[1], ("high", "other"), at, strict=True)
        elif which in ("AEXPR_IN", "AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN") and kind(one.rexpr) == "List":
            different = operator == "<>" or which == "AEXPR_NOT_BETWEEN"
            between: list[tuple[Role, Role]] = [("low", "high"), ("high", "low")]
            same: tuple[Role, Role] = ("differs", "differs") if different else ("equal", "equal")
            pairs = between if which == "AEXPR_BETWEEN" else [same] * len(inner(one.rexpr).items)
            for roles, item in zip(pairs, inner(one.rexpr).items, strict=True):
                yield from self.pair(one.lexpr, item, roles, at)
        elif len(sides) == 2:
            roles_of = _OPERATORS.get(operator, ("beside", "beside"))
            if which == "AEXPR_OP_ANY":
                roles_of = ("set", "member") if operator == "=" else ("other", "other")
            elif which in ("AEXPR_OP_ALL", "AEXPR_DISTINCT"):
                roles_of = ("differs", "differs")
            elif which == "AEXPR_NOT_DISTINCT":
                roles_of = ("equal", "equal")
            strict = operator in ("<", ">")
            yield from self.pair(sides[0], sides[1], roles_of, at, strict=strict)
        else:
            for side in sides:
                yield from self.condition(side, at)

    def rows(self, left: Node, right: Node, role: Role, at: _At) -> Iterator[Use]:
        """``(a, b) = ($1, $2)``, member by member."""
        for one, other in zip(inner(left).args, inner(right).args, strict=False):
            yield from self.pair(one, other, (role, role), at)

    def pair(
        self, left: Node, right: Node, roles: tuple[Role, Role], at: _At, *, strict: bool = False
    ) -> Iterator[Use]:
        """Two sides of a comparison."""
        for own, other, role in ((right, left, roles[0]), (left, right, roles[1])):
            numbers = numbers_in(own)
            if not numbers:
                yield from self.inside(own, at)
                continue
            if optional := or_itself(own, other):
                yield replace(self.meeting(optional, role, other, at), optional=True)
                continue
            if columns_in(own) or not columns_in(other):
                yield from self.condition(own, at)
                continue
            by_itself = direct(own)
            affixes = affixes_of(own) if role == "pattern" else None
            role_here: Role = role if by_itself or affixes or role == "search" else "other"
            for number in numbers:
                use = self.meeting(number, role_here, other, at)
                yield replace(use, strict=strict, affixes=affixes or ("", ""), direct=by_itself is not None)

    def inside(self, node: Node, at: _At) -> Iterator[Use]:
        """What a side without parameters of its own has in its subqueries' tests."""
        for child in children(inner(node)):
            if kind(child) not in STATEMENTS:
                yield from self.condition(child, at)

    def meeting(self, number: int, role: Role, column: Node, at: _At) -> Use:
        """A parameter opposite to an expression over columns."""
        columns = columns_in(column)
        origins = {self.level.resolve(one) for one in columns}
        origin = next(iter(origins)) if len(origins) == 1 else None
        return Use(
            number, role, self.level, column, origin or ("", ""), bare=kind(column) == "ColumnRef",
            optional=at.optional, negated=at.negated, filters=at.filters,
        )  # fmt: skip

    def tested(self, link: Node, at: _At) -> Iterator[Use]:
        """``$1 IN (SELECT a …)``: the parameter meets what the subquery gives."""
        numbers = numbers_in(link.testexpr)
        wanted = inner(link.subselect)
        level = next((one for one in self.level.inner_levels if one.node == wanted), None)
        if not numbers or not level or not direct(link.testexpr) or len(wanted.target_list) != 1:
            yield from self.condition(link.testexpr, at)
            return
        target = inner(wanted.target_list[0]).val
        yield replace(_Collector(level).meeting(numbers[0], "equal", target, at), negated=_negated(level))

    def called(self, call: Node, at: _At) -> Iterator[Use]:
        """A function: a parameter beside one column is taken for a value like it."""
        name = str(inner(call.funcname[-1]).sval)
        columns = [one for argument in call.args for one in columns_in(argument)]
        for argument in call.args:
            number = direct(argument)
            if number and len(columns) == 1 and name not in ("date_trunc", "date_part", "count", "sum"):
                yield self.meeting(number, "beside", wrapped(columns[0], argument), at)
            else:
                yield from self.condition(argument, at)
        for name in ("agg_filter", "agg_order", "over"):
            value = getattr(call, name)
            for part in [value] if hasattr(value, "ListFields") else value:
                yield from self.condition(part, at)

    # ------------------------------------------------------------------------------------------------ other clauses
    def joined(self, item: Node, at: _At) -> Iterator[Use]:
        one = inner(item)
        if kind(one) == "JoinExpr":
            yield from self.joined(one.larg, at)
            yield from self.joined(one.rarg, at)
            if one.HasField("quals"):
                yield from self.condition(one.quals, at)
        elif kind(one) == "RangeFunction":
            yield from (Use(number, "other", self.level) for number in numbers_in(one))

    def limits(self, node: Node) -> Iterator[Use]:
        for role, part in (("limit", node.limit_count), ("offset", node.limit_offset)):
            for number in numbers_in(part):
                yield Use(number, role, self.level, direct=direct(part) is not None)  # type: ignore[arg-type]

    def inserts(self) -> bool:
        parent = self.level.parent
        return bool(parent and kind(parent.node) == "InsertStmt" and self.level.how == "from")

    def listed(self, items: Sequence[Node]) -> Iterator[Use]:
        """Values in the order of an INSERT's columns."""
        parent = self.level.parent
        columns = _inserted(parent) if parent and self.inserts() else []
        for place, item in enumerate(items):
            column = columns[place] if place < len(columns) else ""
            for number in numbers_in(item):
                yield self.value(number, parent if column else None, column, direct=direct(item) is not None)

    def set(self, node: Node) -> Iterator[Use]:
        """The SET of an UPDATE, also of ON CONFLICT."""
        if kind(node) in ("UpdateStmt", "OnConflictClause"):
            for target in node.target_list:
                one = inner(target)
                value = one.val
                if kind(value) == "MultiAssignRef" and kind(inner(value).source) == "RowExpr":  # SET (a, b) = ($1, $2)
                    value = inner(inner(value).source).args[inner(value).colno - 1]
                for number in numbers_in(value):
                    yield self.value(number, self.level, one.name, direct=direct(value) is not None)

    def value(self, number: int, level: Level | None, column: str, *, direct: bool) -> Use:
        source = next(iter(level.sources.values()), {}) if level else {}
        origin = source.get(column, ("", ""))
        return Use(number, "value", self.level, origin=origin, bare=True, filters=False, direct=direct)


def _inserted(level: Level) -> list[str]:
    named = [str(inner(one).name) for one in getattr(level.node, "cols", ())]
    return named or list(next(iter(level.sources.values()), {}))


def _negated(level: Level | None) -> bool:
    while level:
        if level.negated:
            return True
        level = level.parent
    return False
