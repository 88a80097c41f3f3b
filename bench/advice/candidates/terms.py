"""A condition of a plan, taken apart: which expression of which table is compared with what, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from bench.model.schema import Table
from bench.syntax.expressions import conjuncts, enum, expression, quoted, words
from bench.syntax.tree import Node, NotParsed, children, inner, kind, walk

Kind = Literal["equal", "member", "range", "null", "not null", "true", "false", "cursor", "or", "operator", "other"]
"""``member``: ``a = ANY (…)``; ``cursor``: a row comparison; ``operator``: any that no B-tree knows."""

_UNKNOWN = "$999"
"""Stands for what a plan calls the result of a subplan, which no grammar knows."""
_QUOTED = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")""")
_NOTATIONS = (
    (re.compile(r"\bEXISTS\((?:hashed )?SubPlan \d+\)"), "pgproof_subplan()"),
    (re.compile(r"\(alternatives: [^)]*\)"), _UNKNOWN),
    (re.compile(r"\((?:hashed |rescan )?(?:SubPlan|InitPlan|CTE) \d+\)(?:\.col\d+)?"), _UNKNOWN),
    (re.compile(r"\bANY \(([^()]*\$999[^()]*)\)"), r"pgproof_subplan(\1)"),
    (re.compile(r"\((ANY|ALL) \("), r"(pgproof_subplan ("),
)
"""What EXPLAIN prints and no statement may hold, to what stands for it."""

_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "@>": "<@", "<@": "@>", "&&": "&&", "%": "%",
           "<%": "%>", "%>": "<%"}  # fmt: skip
"""Operators to those with the sides exchanged."""


@dataclass(frozen=True, slots=True)
class Term:
    """One conjunct that is about one table, in words of that table alone."""

    kind: Kind
    key: str = ""
    """The expression that is compared, as SQL without alias: what an index would have as its key."""
    columns: tuple[str, ...] = ()
    """Columns of the table in it, in ``key`` first."""
    operator: str = ""
    """With ``key`` on its left."""
    value: str | None = None
    """A constant on the other side, as text; None where there is none, or it is NULL."""
    others: frozenset[str] = frozenset()
    """Aliases of other tables on the other side."""
    text: str = ""
    """The whole conjunct as SQL without alias; empty where it is about other tables too."""
    keys: tuple[str, ...] = ()
    """Of ``cursor`` the expressions of its row."""
    key_columns: tuple[tuple[str, ...], ...] = ()
    """The columns in each of ``keys``."""
    arms: tuple[tuple[Term, ...], ...] = ()
    """Of ``or``: the conjuncts of each of its sides."""

    @property
    def is_column(self) -> bool:
        """Whether the key is a column by itself."""
        return len(self.columns) > 0 and self.key == quoted(self.columns[0])


@cache
def condition(text: str) -> Node | None:
    """The tree of a condition that EXPLAIN printed; None where the grammar does not know it."""
    parts = _QUOTED.split(text)
    for number in range(0, len(parts), 2):
        for pattern, instead in _NOTATIONS:
            parts[number] = pattern.sub(instead, parts[number])
    try:
        return expression("".join(parts))
    except NotParsed:
        return None


@dataclass(frozen=True, slots=True)
class Reader:
    """Takes conditions apart from the point of view of one scan."""

    names: frozenset[str]
    """Its alias; of a partition also that of the whole table."""
    relabelled: frozenset[str] = frozenset()
    """Columns whose cast to ``text`` is none: those of type varchar, which an index holds as text anyway."""

    def terms(self, text: str) -> tuple[Term, ...]:
        """The conjuncts of a condition that are about this scan's table."""
        tree = condition(text)
        return () if tree is None else tuple(term for part in conjuncts(tree) if (term := self.term(part)))

    def term(self, node: Node) -> Term | None:
        """One conjunct; None where it is not about this table."""
        own = self.columns(node)
        if not own:
            return None
        others = frozenset(self.aliases(node))
        found = self._term(node)
        whole = "" if others or _is_unknown(node) else self.words(node)
        return replace(found, text=whole, others=found.others | others, columns=tuple(dict.fromkeys(own)))

    # ------------------------------------------------------------------------------------------------------- kinds
    def _term(self, node: Node) -> Term:
        one = inner(node)
        match kind(node):
            case "A_Expr":
                return self._compared(one)
            case "NullTest" if self._indexable(one.arg):
                null = enum(one, "nulltesttype") == "IS_NULL"
                return Term("null" if null else "not null", self.words(one.arg), operator="IS NULL" if null else "")
            case "ColumnRef":
                return Term("true", self.words(node), operator="=", value="true")
            case "BoolExpr" if enum(one, "boolop") == "NOT_EXPR" and kind(one.args[0]) == "ColumnRef":
                return Term("false", self.words(one.args[0]), operator="=", value="false")
            case "BoolExpr" if enum(one, "boolop") == "OR_EXPR":
                return self._either(one)
        return Term("other")

    def _either(self, one: Node) -> Term:
        arms = []
        for arm in one.args:
            found = tuple(term for part in conjuncts(arm) if (term := self.term(part)))
            arms.append(found)
        return Term("or", arms=tuple(arms)) if all(arms) else Term("other")

    def _compared(self, one: Node) -> Term:
        how, operator = enum(one, "kind"), str(inner(one.name[-1]).sval)
        left, right = one.lexpr, one.rexpr
        if how == "AEXPR_OP_ANY":
            if operator == "=" and self._indexable(left) and not self.columns(right):
                return Term("member", self.words(left), operator="=", value=constant(right))
            if operator == "=" and self._indexable(right) and not self.columns(left):
                return Term("operator", self.words(right), operator="= ANY", value=constant(left))
            return Term("other")
        if how != "AEXPR_OP" or not right.WhichOneof("node") or not left.WhichOneof("node"):
            return Term("other")
        if kind(left) == "RowExpr" and kind(right) == "RowExpr":
            return self._cursor(left, right, operator)
        if self.columns(right):
            if self.columns(left) or operator not in _TURNED:
                return Term("other")
            left, right, operator = right, left, _TURNED[operator]
        if not self._indexable(left):
            return Term("other")
        which: Kind = {"=": "equal", "<": "range", ">": "range", "<=": "range", ">=": "range"}.get(operator, "operator")  # type: ignore[assignment]
        return Term(which, self.words(left), operator=operator, value=constant(right))

    def _cursor(self, left: Node, right: Node, operator: str) -> Term:
        if self.columns(right):
            left, right, operator = right, left, _TURNED.get(operator, operator)
        keys = [self.words(part) for part in inner(left).args if self._indexable(part)]
        if operator not in ("<", ">", "<=", ">=") or len(keys) != len(inner(left).args) or self.columns(right):
            return Term("other")
        columns = tuple(tuple(dict.fromkeys(self.columns(part))) for part in inner(left).args)
        return Term("cursor", keys[0], operator=operator, keys=tuple(keys), key_columns=columns)

    # ------------------------------------------------------------------------------------------------------- names
    def _indexable(self, node: Node) -> bool:
        """Whether an expression is over columns of this table, and of nothing else."""
        return bool(self.columns(node)) and not self.aliases(node) and not _is_unknown(node)

    def columns(self, node: Node) -> list[str]:
        """The table's columns in an expression."""
        return [names[-1] for names in _references(node) if len(names) == 1 or names[-2] in self.names]

    def aliases(self, node: Node) -> list[str]:
        """Other tables' aliases in it."""
        return [names[-2] for names in _references(node) if len(names) > 1 and names[-2] not in self.names]

    def words(self, node: Node) -> str:
        """An expression without this table's alias, and without casts of columns that change nothing."""
        return words(self.bare(node))

    def bare(self, node: Node) -> Node:
        """The same as a tree, a copy of its own."""
        copy = type(node)()
        copy.CopyFrom(node)
        self._bare(copy)
        return copy

    def _bare(self, node: Node) -> None:
        one = inner(node)
        if kind(node) == "ColumnRef" and len(one.fields) > 1 and inner(one.fields[-2]).sval in self.names:
            del one.fields[:-1]
        for child in children(one):
            self._bare(child)
        if node.DESCRIPTOR.name == "Node" and kind(node) == "TypeCast" and self._is_relabelled(inner(node)):
            argument = type(node)()
            argument.CopyFrom(inner(node).arg)
            node.CopyFrom(argument)

    def _is_relabelled(self, cast: Node) -> bool:
        target = [str(inner(part).sval) for part in cast.type_name.names][-1]
        return (
            kind(cast.arg) == "ColumnRef"
            and target == "text"
            and not cast.type_name.array_bounds
            and inner(inner(cast.arg).fields[-1]).sval in self.relabelled
        )


def relabelled(table: Table) -> frozenset[str]:
    """Columns that conditions cast to text, and indexes hold as text without."""
    return frozenset(column.name for column in table.columns if column.type.plain.name == "varchar")


def constant(node: Node) -> str | None:
    """The text of a constant, casts taken away; None where it is none."""
    one = inner(node)
    match kind(node):
        case "TypeCast" | "CollateClause":
            return constant(one.arg)
        case "A_Const" if not one.isnull:
            for name in ("ival", "fval", "sval", "boolval", "bsval"):
                if one.HasField(name):
                    value = getattr(getattr(one, name), {"ival": "ival", "boolval": "boolval"}.get(name, name))
                    return str(value).lower() if name == "boolval" else str(value)
        case "A_Expr" if str(inner(one.name[-1]).sval) == "-" and not one.lexpr.WhichOneof("node"):
            found = constant(one.rexpr)
            return None if found is None else f"-{found}"
    return None


def _references(node: Node) -> Iterator[list[str]]:
    for one in walk(node):
        if kind(one) == "ColumnRef":
            yield [str(inner(part).sval) if kind(part) == "String" else "*" for part in one.fields]


def _is_unknown(node: Node) -> bool:
    """Whether it holds what a subplan gives."""
    return any(
        kind(one) == "ParamRef" or (kind(one) == "FuncCall" and inner(one.funcname[-1]).sval == "pgproof_subplan")
        for one in walk(node)
    )
