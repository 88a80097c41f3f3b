"""One comparison of a CHECK, as limits of the columns in it.

Each reader below takes what the server prints for one shape of condition. What none takes is ``None``: nothing is
known, and the server has to judge. Limits may be tighter than the condition, never wider.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, DivisionByZero, InvalidOperation

from bench.inference.limits.calls import bounded, called, contained, of_call, of_elements
from bench.inference.limits.expression import FLIPPED, Expr
from bench.inference.limits.literals import NUMBERS, TEXTS, TIMES
from bench.inference.limits.patterns import Unreadable, compiled, from_like, from_similar, nowhere
from bench.inference.plan import Limits
from bench.model.schema import Column

Found = dict[str, Limits]
"""Limits by column, all of which make the condition true (or NULL, where a column is)."""

_LENGTHS = {"length", "char_length", "character_length", "octet_length", "cardinality", "array_length"}
_TRIMS = {"btrim", "ltrim", "rtrim"}
_ALWAYS_FALSE = {"isempty", "lower_inf", "upper_inf"}
"""Of what we make: ranges have bounds, and are not empty."""
_TEXT_LIKE = {"text", "varchar", "bpchar", "citext", "name", "character varying"}
_WIDER = {"int2", "int4", "int8", "numeric", "float4", "float8", "date", "timestamp", "timestamptz"}


class Reader:
    """Reads atoms about the columns of one table."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self.columns = columns

    def read(self, node: Expr) -> Found | None:
        """Limits under which ``node`` is not false; None where that is not known."""
        match node:
            case Expr("column", name):
                return {name: Limits(values=("t",))}
            case Expr("not", _, (Expr("column", name),)):
                return {name: Limits(values=("f",))}
            case Expr("isnull", _, (arg,)):
                return self._null(arg, True)
            case Expr("not", _, (Expr("isnull", _, (arg,)),)):
                return self._null(arg, False)
            case Expr("not", _, (Expr("call", name, (arg,)),)) if name in _ALWAYS_FALSE:
                return {column: Limits() for column in arg.columns}
            case Expr("not", _, (Expr("op", "~~" | "?" | "=", _),)):
                return None
            case Expr("any" | "all" as word, name, (left, right)):
                return self._listed(word, name, left, right)
            case Expr("op", name, (left, right)):
                return self._compared(name, left, right)
            case Expr("call", name, args):
                return called(self, name, args)
        return None

    def type_of(self, name: str) -> str:
        """The name of a column's type, below all domains; nothing where there is no such column."""
        return self.columns[name].type.plain.name if name in self.columns else ""

    def bare(self, node: Expr) -> Expr:
        """``node`` without casts that change nothing of what is compared."""
        while node.kind == "cast":
            (arg,) = node.args
            inside = self.bare(arg)
            source = self.type_of(inside.name) if inside.kind == "column" else ""
            textual = node.name in _TEXT_LIKE and (source in TEXTS or inside.kind == "call" or self._labels(inside))
            if not (textual or (node.name in _WIDER and (source in NUMBERS | TIMES or inside.kind in ("call", "op")))):
                break
            node = inside
        return node

    def deep(self, node: Expr) -> Expr:
        """``node`` with ``bare`` done at every depth."""
        node = self.bare(node)
        return replace(node, args=tuple(self.deep(arg) for arg in node.args))

    def _labels(self, node: Expr) -> bool:
        return node.kind == "column" and node.name in self.columns and bool(self.columns[node.name].type.plain.labels)

    def _null(self, arg: Expr, null: bool) -> Found | None:
        match arg:
            case Expr("column", name):
                return {name: Limits(always_null=True) if null else Limits(not_null=True)}
            case Expr("cast", _, (inside,)):
                return self._null(inside, null)
            case Expr("op", "->" | "->>", (Expr("column", name), Expr("const", key))) if not null:
                return {name: Limits(not_null=True, json_type="object", json_keys=(key,))}
            case Expr("call", "array_position", (Expr("column", name), Expr("null"))) if null:
                return {name: Limits()}
            case Expr("call", "regexp_match" | "substring", (inside, Expr("const", pattern))) if not null:
                return self._with_null(self._matching(self.bare(inside), pattern))
            case Expr("call", "nullif", (inside, Expr("const", text))) if not null:
                return self._with_null(self._compared("<>", inside, Expr("const", text)))
            case Expr("call", "lower" | "upper" | "btrim" | "length" | "nullif", (inside, *_)) if not null:
                return self._null(inside, null)
        return None

    @staticmethod
    def _with_null(found: Found | None) -> Found | None:
        return found and {name: replace(limits, not_null=True) for name, limits in found.items()}

    def _listed(self, word: str, name: str, left: Expr, right: Expr) -> Found | None:
        left = self.bare(left)
        if right.kind == "array" and all(item.kind == "const" for item in right.args):
            texts = tuple(dict.fromkeys(item.name for item in right.args))
            match (word, name, left):
                case ("any", "=", Expr("column", column)):
                    return {column: Limits(values=tuple(self._canonical(column, text) for text in texts))}
                case ("all", "<>", Expr("column", column)):
                    return {column: self._without(column, texts)}
                case ("any", "=", Expr("call", "lower" | "upper", (arg,))):
                    inside = self.bare(arg)
                    return {inside.name: Limits(values=texts)} if inside.kind == "column" else None
                case ("any", "~" | "~*" | "~~" | "~~*", _):
                    return self._any_pattern(name, left, texts)
                case ("all", "!~" | "!~~", _):
                    return self._together([self._compared(name, left, item) for item in right.args])
                case ("any", "=", _):
                    return self._compared("=", left, right.args[0])
        inside = self.bare(right)
        if word == "all" and left.kind == "const" and inside.kind == "column":
            return of_elements(inside.name, bounded(FLIPPED.get(name, ""), left.name))
        return None

    @staticmethod
    def _together(parts: list[Found | None]) -> Found | None:
        columns = {column for part in parts if part for column in part}
        if None in parts or len(columns) != 1:
            return None
        patterns = tuple(pattern for part in parts if part for limits in part.values() for pattern in limits.patterns)
        return {columns.pop(): Limits(patterns=patterns)}

    def _any_pattern(self, name: str, left: Expr, texts: tuple[str, ...]) -> Found | None:
        each = [_pattern(name, text) for text in texts]
        return self._matching(left, "|".join(f"(?:{pattern})" for pattern in each))

    def _compared(self, name: str, left: Expr, right: Expr) -> Found | None:
        left, right = self.bare(left), self.bare(right)
        if left.kind == "const" and right.kind != "const":
            if name in FLIPPED:
                return self._compared(FLIPPED[name], right, left)
            return contained(self, name, left, right)
        if name in _PATTERN_OPERATORS:
            return self._pattern(name, left, right)
        if name in ("<@", "@>", "?", "?&", "?|", "<<", "<<=", "^@"):
            return contained(self, name, left, right)
        if right.kind == "const":
            return self._with_constant(name, left, right)
        if name == "=":
            return self._itself(left, right) or self._itself(right, left)
        return None

    def _with_constant(self, name: str, left: Expr, right: Expr) -> Found | None:
        match left:
            case Expr("column", column):
                return self.column(name, column, right.name)
            case Expr("call", called, (arg, *_)) if called in _LENGTHS:
                return self.length(name, called, arg, right.name)
            case Expr("call", called, (arg, *more)):
                return of_call(self, name, called, self.bare(arg), more, right.name)
            case Expr("op", "+" | "-" | "*" | "/" as sign, (arg, Expr("const", amount))):
                return self._moved(name, sign, arg, amount, right)
        return None

    def _moved(self, name: str, sign: str, arg: Expr, amount: str, right: Expr) -> Found | None:
        """``x + 1 <= 5`` as ``x <= 4``; for whole numbers only where it divides."""
        try:
            by, to = Decimal(amount), Decimal(right.name)
            if sign in "*/" and (by <= 0 or right.type == "" or sign == "/"):
                return None
            moved = {"+": lambda: to - by, "-": lambda: to + by, "*": lambda: to / by}[sign]()
        except (InvalidOperation, DivisionByZero):
            return None
        return self._with_constant(name, self.bare(arg), Expr("const", format(moved.normalize(), "f"), type="numeric"))

    def column(self, name: str, column: str, text: str) -> Found | None:
        """A column compared with a constant."""
        if name == "=":
            return {column: Limits(values=(self._canonical(column, text),))}
        if name == "<>":
            return {column: self._without(column, (text,))}
        if name == ">" and text == "" and self.type_of(column) in TEXTS:
            return {column: Limits(shortest=1)}
        limits = bounded(name, text)
        if limits is None:
            return None
        if self.columns[column].type.plain.kind in ("range", "multirange", "array", "composite"):
            return None
        return {column: limits}

    def _canonical(self, column: str, text: str) -> str:
        if self.type_of(column) in NUMBERS and re.fullmatch(r"-?\d+\.0+", text):
            return text.partition(".")[0]
        return text.rstrip(" ") if self.type_of(column) == "bpchar" else text

    def _without(self, column: str, texts: tuple[str, ...]) -> Limits:
        if self.columns[column].type.plain.kind == "array":
            return Limits(shortest=1) if "{}" in texts else Limits(excluded=texts)
        if self.type_of(column) in TEXTS and "" in texts:
            return Limits(excluded=tuple(text for text in texts if text), shortest=1)
        return Limits(excluded=tuple(self._canonical(column, text) for text in texts))

    def length(self, name: str, called: str, arg: Expr, text: str) -> Found | None:
        """A length, of characters, octets or elements, compared with a constant."""
        arg = self.bare(arg)
        cut = arg.kind == "call" and arg.name in _TRIMS
        column = self.bare(arg.args[0]) if cut else arg
        if column.kind == "call" and column.name in ("lower", "upper") and column.args:
            column = self.bare(column.args[0])
        if column.kind != "column" or not re.fullmatch(r"-?\d+", text):
            return None
        number = int(text)
        shortest, longest = {
            "=": (number, number), ">=": (number, None), ">": (number + 1, None),
            "<=": (None, number), "<": (None, number - 1),
            "<>": (number + 1, None),
        }.get(name, (None, None))  # fmt: skip
        if (shortest, longest) == (None, None) or (longest is not None and longest < 0):
            return None
        octets = called == "octet_length" and self.type_of(column.name) in TEXTS
        return {column.name: Limits(shortest=shortest, longest=longest, trimmed=cut, octets=octets)}

    def _itself(self, left: Expr, right: Expr) -> Found | None:
        """``x = lower(x)`` and the like."""
        match (left, right):
            case (Expr("column", name), Expr("call", called, (arg, *more))) if self.bare(arg) == left:
                match called:
                    case "lower":
                        return {name: Limits(lower_case=True)}
                    case "upper":
                        return {name: Limits(patterns=("^[^[:lower:]]*$",))}
                    case "btrim" | "ltrim" | "rtrim" if not more:
                        return {name: Limits(trimmed=True)}
                    case "abs":
                        return {name: Limits(low="0")}
            case (Expr("column", name), Expr("call", "lower" | "btrim" as called, (Expr("call", _, (arg,)),))):
                if self.bare(arg) == left and right.args[0].name in ("lower", "btrim") and right.args[0].name != called:
                    return {name: Limits(lower_case=True, trimmed=True)}
        return None

    def _pattern(self, name: str, left: Expr, right: Expr) -> Found | None:
        match right:
            case Expr("call", "similar_to_escape" | "similar_escape" | "like_escape" as way, (Expr("const", text), *_)):
                pattern = from_like(text) if way == "like_escape" else from_similar(text)
                return self._matching(left, nowhere(pattern) if name.startswith("!") else pattern)
        return self._matching(left, _pattern(name, right.name)) if right.kind == "const" else None

    def _matching(self, left: Expr, pattern: str) -> Found | None:
        try:
            compiled(pattern)
        except Unreadable:
            return None
        match left:
            case Expr("column", name):
                return {name: Limits(patterns=(pattern,))}
            case Expr("call", "lower", (arg,)) if self.bare(arg).kind == "column":
                return {self.bare(arg).name: Limits(patterns=(pattern,), lower_case=True)}
            case Expr("call", "upper", (arg,)) if self.bare(arg).kind == "column":
                return {self.bare(arg).name: Limits(patterns=(pattern, "^[^[:lower:]]*$"))}
            case Expr("call", "btrim", (arg,)) if self.bare(arg).kind == "column":
                return {self.bare(arg).name: Limits(patterns=(pattern,), trimmed=True)}
            case Expr("cast", target, (Expr("column", name),)) if target in _TEXT_LIKE:
                return {name: Limits(patterns=(pattern,))}
        return None


_PATTERN_OPERATORS = {"~", "~*", "!~", "!~*", "~~", "~~*", "!~~", "!~~*"}


def _pattern(name: str, text: str) -> str:
    """A regular expression that matches where the operator says true."""
    pattern = from_like(text) if "~~" in name else text
    if name.endswith("*"):
        pattern = f"(?i){pattern}"
    return nowhere(pattern) if name.startswith("!") else pattern
