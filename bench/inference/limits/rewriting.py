"""CASE, comparisons of conditions, counts of NULLs and functions written in SQL, said with AND, OR and NOT alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, DivisionByZero, InvalidOperation
from itertools import product

from bench.inference.limits.expression import FALSE, FLIPPED, TRUE, Expr, conjunction, later, negation, read
from bench.inference.limits.literals import NOW
from bench.model.schema import Column, SqlFunction

_DEEP = 12
"""Calls within calls that are followed."""
_BITS = 8
"""Columns of a truth table: 256 rows."""
_COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "=": lambda a, b: a == b, "<>": lambda a, b: a != b, "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rewriter:
    """Rewrites conditions about the columns of one table."""

    columns: Mapping[str, Column]
    functions: Mapping[str, SqlFunction] = field(default_factory=dict)
    """By qualified name."""

    def rewrite(self, node: Expr, depth: int = 0) -> Expr:
        """``node`` said in fewer words; what cannot be is left as it is."""
        if node.kind == "call" and depth < _DEEP and (inlined := self._inlined(node)):
            return self.rewrite(inlined, depth + 1)
        node = replace(node, args=tuple(self.rewrite(arg, depth) for arg in node.args))
        match node:
            case Expr("not", _, (arg,)):
                turned = negation(arg)
                return turned if turned.kind == "not" else self.rewrite(turned, depth)
            case Expr("case", _, args) if self._is_condition(node):
                return self.rewrite(_unrolled(args), depth)
            case Expr("call", "coalesce", args) if self._is_condition(node):
                return self._first_known(args)
            case Expr("isnull", _, (Expr("call", "coalesce", args),)):
                return conjunction([Expr("isnull", args=(arg,)) for arg in args])
            case Expr("not", _, (Expr("isnull", _, (Expr("call", "coalesce", args),)),)):
                return Expr("or", args=tuple(negation(Expr("isnull", args=(arg,))) for arg in args))
            case Expr("any", "=", (left, Expr("array", _, items))) if items and self._bits(left):
                return Expr("or", args=tuple(self.rewrite(Expr("op", "=", (left, one)), depth) for one in items))
            case Expr("call", "extract" | "date_part", (Expr("const", "year"), Expr("const", "now" | "today"))):
                return Expr("const", str(NOW.year), type="int4")
            case Expr("isnull", _, (Expr("const" | "true" | "false"),)):
                return FALSE
            case Expr("op", name, (left, right)) if name in _COMPARISONS:
                return self._comparison(node, name, left, right)
        return node

    def _is_condition(self, node: Expr) -> bool:
        """Whether its value is a boolean."""
        match node:
            case Expr("and" | "or" | "not" | "isnull" | "true" | "false" | "any" | "all"):
                return True
            case Expr("op", name):
                return name in _COMPARISONS or name in ("~", "~*", "!~", "!~*", "~~", "!~~", "<@", "@>", "?")
            case Expr("column", name):
                return name in self.columns and self.columns[name].type.plain.name == "bool"
            case Expr("case", _, args):
                results = [*args[1::2], args[-1]]
                return all(one.kind == "null" or self._is_condition(one) for one in results)
            case Expr("call", "coalesce", args):
                return all(self._is_condition(arg) for arg in args)
        return False

    def _comparison(self, node: Expr, name: str, left: Expr, right: Expr) -> Expr:
        if name in ("=", "<>") and self._is_condition(left) and self._is_condition(right):
            same = Expr("or", args=(conjunction([left, right]), conjunction([negation(left), negation(right)])))
            return self.rewrite(_folded(same if name == "=" else negation(same)), _DEEP)
        if found := self._truth_table(node):
            return found
        match (left, right):
            case (Expr("call", "age", (born,)), Expr("const")) if name in FLIPPED:  # old enough is born before
                return Expr("op", FLIPPED[name], (born, later(Expr("const", "today", type="date"), "-", right)))
            case (Expr("case", _, args), Expr("const")):
                branches = _with_results(args, lambda result: Expr("op", name, (result, right)))
                return self.rewrite(_unrolled(branches), _DEEP)
            case (Expr("call", "coalesce", (first, second)), Expr("const")) if second.kind == "const":
                known = conjunction([negation(Expr("isnull", args=(first,))), Expr("op", name, (first, right))])
                default = conjunction([Expr("isnull", args=(first,)), Expr("op", name, (second, right))])
                return self.rewrite(_folded(Expr("or", args=(known, default))), _DEEP)
            case (Expr("call", "greatest", args), _) if name in ("<", "<="):
                return conjunction([Expr("op", name, (arg, right)) for arg in args])
            case (Expr("call", "least", args), _) if name in (">", ">="):
                return conjunction([Expr("op", name, (arg, right)) for arg in args])
            case (Expr("const"), Expr("const")):
                known_value = _value(node, {})
                return node if known_value is None else TRUE if known_value else FALSE
        return node

    def _first_known(self, args: tuple[Expr, ...]) -> Expr:
        """COALESCE of conditions."""
        first, *rest = args
        if not rest:
            return first
        unknown = Expr("isnull", args=(first,))
        if first.kind != "column":  # a comparison is NULL where one of its columns is
            unknown = Expr("or", args=tuple(Expr("isnull", args=(Expr("column", name),)) for name in first.columns))
            if not first.columns:
                return first
        known = conjunction([negation(unknown), first])
        return _folded(Expr("or", args=(known, conjunction([unknown, self._first_known(tuple(rest))]))))

    def _truth_table(self, node: Expr) -> Expr | None:
        """A comparison of numbers made of ``IS NULL`` and boolean columns alone: ``num_nonnulls(a, b) = 1``."""
        bits = self._bits(node)
        if not bits or len(bits) > _BITS:
            return None
        rows = []
        for values in product((Decimal(0), Decimal(1)), repeat=len(bits)):
            value = _value(node, dict(zip(bits, values, strict=True)))
            if value is None:
                return None
            if value:
                rows.append(conjunction([bit if one else negation(bit) for bit, one in zip(bits, values, strict=True)]))
        return Expr("or", args=tuple(rows)) if rows else FALSE

    def _bits(self, node: Expr) -> tuple[Expr, ...]:
        """The NULL tests and conditions that are counted in ``node``; none where something else is in it."""
        found: dict[Expr, None] = {}

        def collect(part: Expr) -> bool:
            match part:
                case Expr("isnull", _, (Expr("column"),)):
                    found[part] = None
                    return True
                case Expr("call", "num_nulls" | "num_nonnulls", args):
                    found.update({Expr("isnull", args=(arg,)): None for arg in args})
                    return all(arg.kind == "column" for arg in args)
                case Expr("cast", "int4" | "int2" | "int8", (Expr("column") as column,)) if self._is_condition(column):
                    found[column] = None
                    return True
                case Expr("column") | Expr("any") | Expr("all"):
                    return False
            return all(collect(arg) for arg in part.args)

        return tuple(found) if collect(node) else ()

    def _inlined(self, node: Expr) -> Expr | None:
        function = self.functions.get(node.type)
        if function is None or len(function.arguments) != len(node.args):
            return None
        body = read(function.body)
        by_name = {name: arg for name, arg in zip(function.arguments, node.args, strict=True) if name}
        found = _substituted(body, by_name)
        return found if "unread" not in {one.kind for one in found.walk()} else None


def _substituted(node: Expr, by_name: Mapping[str, Expr]) -> Expr:
    if node.kind == "column" and node.name in by_name:
        return by_name[node.name]
    return replace(node, args=tuple(_substituted(arg, by_name) for arg in node.args))


def _folded(node: Expr) -> Expr:
    """Without parts that are always true or false."""
    args = tuple(_folded(arg) for arg in node.args)
    if node.kind in ("and", "or"):
        ends, falls_away = (FALSE, TRUE) if node.kind == "and" else (TRUE, FALSE)
        if ends in args:
            return ends
        kept = [arg for arg in args if arg != falls_away]
        return falls_away if not kept else kept[0] if len(kept) == 1 else Expr(node.kind, args=tuple(kept))
    return negation(args[0]) if node.kind == "not" and args[0] in (TRUE, FALSE) else replace(node, args=args)


def _with_results(args: tuple[Expr, ...], change: Callable[[Expr], Expr]) -> tuple[Expr, ...]:
    last = len(args) - 1
    return tuple(change(arg) if index % 2 or index == last else arg for index, arg in enumerate(args))


def _unrolled(args: tuple[Expr, ...]) -> Expr:
    """CASE with conditions as results."""
    branches: list[Expr] = []
    before: list[Expr] = []
    for when, then in zip(args[:-1:2], args[1::2], strict=True):
        known = [negation(Expr("isnull", args=(Expr("column", name),))) for name in _strict(when)]
        branches.append(conjunction([*before, when, *known, then]))
        before.append(_not_true(when))
    return _folded(Expr("or", args=(*branches, conjunction([*before, args[-1]]))))


def _not_true(node: Expr) -> Expr:
    """False or NULL: what has CASE go on to the next branch."""
    nulls = [Expr("isnull", args=(Expr("column", name),)) for name in _strict(node)]
    return Expr("or", args=(negation(node), *nulls)) if nulls else negation(node)


def _strict(node: Expr) -> tuple[str, ...]:
    """Columns whose NULL makes a condition NULL."""
    return () if any(part.kind in ("isnull", "case", "or") for part in node.walk()) else node.columns


def _value(node: Expr, bits: Mapping[Expr, Decimal]) -> Decimal | None:
    """The number that ``node`` is, true being 1; None where it is none."""
    if node in bits:
        return bits[node]
    match node:
        case Expr("true"):
            return Decimal(1)
        case Expr("false"):
            return Decimal(0)
        case Expr("const", text):
            try:
                return Decimal(text)
            except InvalidOperation:
                return None
        case Expr("call", "num_nulls" | "num_nonnulls" as name, args):
            nulls = sum(bits[Expr("isnull", args=(arg,))] for arg in args)
            return Decimal(nulls if name == "num_nulls" else len(args) - nulls)
        case Expr("case", _, args):
            for when, then in zip(args[:-1:2], args[1::2], strict=True):
                if _value(when, bits):
                    return _value(then, bits)
            return _value(args[-1], bits)
    values = [_value(arg, bits) for arg in node.args]
    known = [value for value in values if value is not None]
    return _applied(node, known) if len(known) == len(values) else None


def _applied(node: Expr, values: list[Decimal]) -> Decimal | None:
    match node.kind:
        case "cast":
            return values[0]
        case "not":
            return Decimal(not values[0])
        case "and":
            return Decimal(all(values))
        case "or":
            return Decimal(any(values))
        case "op" if node.name in _COMPARISONS and len(values) == 2:
            return Decimal(_COMPARISONS[node.name](*values))
        case "op" if len(values) == 2:
            return _calculated(node.name, *values)
    return None


def _calculated(name: str, one: Decimal, other: Decimal) -> Decimal | None:
    try:
        match name:
            case "+":
                return one + other
            case "-":
                return one - other
            case "*":
                return one * other
            case "/":
                return one / other
            case "#":
                return Decimal(int(one) ^ int(other))
    except (InvalidOperation, DivisionByZero):
        return None
    return None
