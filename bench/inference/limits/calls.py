"""Calls and containment in a CHECK, as limits of the column in them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.inference.limits.expression import TRUE, Expr
from bench.inference.limits.patterns import literally
from bench.inference.plan import Limits

if TYPE_CHECKING:
    from bench.inference.limits.atoms import Found, Reader


def of_call(reader: Reader, name: str, called: str, arg: Expr, more: list[Expr], text: str) -> Found | None:
    """A function of one column compared with a constant."""
    if arg.kind != "column":
        return of_deep_call(reader, name, called, arg, more, text)
    column, texts = arg.name, [item.name for item in more if item.kind == "const"]
    kind = reader.columns[column].type.plain.kind
    match called:
        case "lower" | "upper" if kind == "range":
            limits = bounded(name, text)
            return of_elements(column, limits) if name in ("<", "<=", ">", ">=") else None
        case "lower" | "upper" if name in ("=", "<>"):
            return reader.column(name, column, text)
        case "btrim" | "ltrim" | "rtrim" if name in ("=", "<>") and not texts:
            found = reader.column(name, column, text)
            return {column: trimmed(found[column])} if found else None
        case "jsonb_typeof" | "json_typeof" if name == "=":
            return {column: Limits(json_type=text)}
        case "jsonb_array_length" | "json_array_length" if name in ("<", "<=", "=", ">", ">="):
            found = reader.length(name, called, arg, text)
            return found and {column: replace(found[column], json_type="array")}
        case "left" if name == "=" and text:
            return {column: Limits(patterns=(f"^{literally(text)}",))}
        case "right" if name == "=" and text:
            return {column: Limits(patterns=(f"{literally(text)}$",))}
        case "substr" | "substring" if name == "=" and texts[:1] and texts[0].isdigit():
            return {column: Limits(patterns=(f"^.{{{int(texts[0]) - 1}}}{literally(text)}",))}
        case "strpos" | "position" if texts and (name, text) in ((">", "0"), ("<>", "0"), (">=", "1"), (">", "1")):
            pattern = literally(texts[0]) if text != "1" or name == ">=" else f"^.+{literally(texts[0])}"
            return {column: Limits(patterns=(pattern,))}
        case "strpos" | "position" if texts and (name, text) == ("=", "0"):
            return {column: Limits(patterns=(f"^(?!.*{literally(texts[0])})",))}
        case "masklen" if name in ("=", "<=") and text in ("32", "128"):
            return {column: Limits()}
        case "family" if name == "=" and text == "4":
            return {column: Limits()}
        case "array_ndims" if (name, text) == ("=", "1"):
            return {column: Limits(shortest=1)}
        case "abs" if name in ("<", "<=") and text.isdigit():
            shut = name == "<"
            return {column: Limits(low=f"-{text}", low_open=shut, high=text, high_open=shut)}
        case "abs" if name == ">" or name == ">=":
            return reader.column(name, column, text)
    return None


def of_deep_call(reader: Reader, name: str, called: str, arg: Expr, more: list[Expr], text: str) -> Found | None:
    """A function of a function of one column, or of several arguments, compared with a constant."""
    if called in ("extract", "date_part") and arg == Expr("const", "year") and more:
        column = reader.bare(more[0])
        if column.kind == "column" and re.fullmatch(r"\d{4}", text):
            return year(name, column.name, int(text))
    if called in ("lower", "upper", "btrim") and arg.kind == "call" and arg.name in ("lower", "upper", "btrim"):
        inside = of_call(reader, name, arg.name, reader.bare(arg.args[0]), list(arg.args[1:]), text)
        return inside and {column: trimmed(limits) for column, limits in inside.items()}
    return None


def year(name: str, column: str, year: int) -> Found | None:
    """The year of a date or timestamp compared with a constant."""
    first, after = f"{year:04}-01-01", f"{year + 1:04}-01-01"
    bounds = {
        ">=": Limits(low=first), ">": Limits(low=after), "<": Limits(high=first, high_open=True),
        "<=": Limits(high=after, high_open=True), "=": Limits(low=first, high=after, high_open=True),
    }  # fmt: skip
    return {column: bounds[name]} if name in bounds else None


def contained(reader: Reader, name: str, left: Expr, right: Expr) -> Found | None:
    """Containment: ``<@``, ``@>``, keys of jsonb, networks."""
    if name == "@>" and right.kind == "column" and left.kind in ("const", "call", "array"):
        return contained(reader, "<@", right, left)
    if left.kind != "column":
        return None
    column, scalar = left.name, reader.columns[left.name].type.plain.kind not in ("array", "range", "multirange")
    match (name, right):
        case ("<@", Expr("array", _, args)) if not scalar and all(arg.kind == "const" for arg in args):
            return {column: Limits(elements=Limits(values=tuple(arg.name for arg in args)))}
        case ("<@", _):
            limits = _range(right)
            if limits is None:
                return None
            return {column: limits if scalar else Limits(elements=limits)}
        case ("?", Expr("const", key)):
            return {column: Limits(json_type="object", json_keys=(key,))}
        case ("?&", Expr("array", _, args)) if all(arg.kind == "const" for arg in args):
            return {column: Limits(json_type="object", json_keys=tuple(arg.name for arg in args))}
        case ("?|", Expr("array", _, (Expr("const", key), *_))):
            return {column: Limits(json_type="object", json_keys=(key,))}
        case ("<<" | "<<=", Expr("const", network)):
            import ipaddress

            found = ipaddress.ip_network(network, strict=False)
            return {column: Limits(low=str(found[0]), high=str(found[-1]))}
        case ("^@", Expr("const", start)):
            return {column: Limits(patterns=(f"^{literally(start)}",))}
    return None


def called(reader: Reader, name: str, args: tuple[Expr, ...]) -> Found | None:
    """A function that is a condition itself."""
    column = reader.bare(args[0]) if args else TRUE
    if column.kind != "column":
        return None
    match (name, args[1:]):
        case ("isfinite", ()):
            return {column.name: Limits()}
        case ("starts_with", (Expr("const", start),)):
            return {column.name: Limits(patterns=(f"^{literally(start)}",))}
        case ("regexp_like" | "textregexeq", (Expr("const", pattern),)):
            return {column.name: Limits(patterns=(pattern,))}
        case ("regexp_like", (Expr("const", pattern), Expr("const", flags))):
            return {column.name: Limits(patterns=(f"(?{flags}){pattern}",))}
        case ("jsonb_exists", (Expr("const", key),)):
            return {column.name: Limits(json_type="object", json_keys=(key,))}
    return None


def bounded(name: str, text: str) -> Limits | None:
    """Limits of what is compared with a constant by that operator; None for an operator of another kind."""
    if name in (">", ">="):
        return Limits(low=text, low_open=name == ">")
    if name in ("<", "<="):
        return Limits(high=text, high_open=name == "<")
    return Limits(values=(text,)) if name == "=" else Limits(excluded=(text,)) if name == "<>" else None


def of_elements(column: str, limits: Limits | None) -> Found | None:
    """Limits of a column whose elements or bounds have these."""
    return None if limits is None else {column: Limits(elements=limits)}


def trimmed(limits: Limits) -> Limits:
    """The same without blanks at the ends."""
    return replace(limits, trimmed=True)


def _range(node: Expr) -> Limits | None:
    """A range as bounds: ``'[1,5)'::int4range``, ``int4range(1, 5, '[]')``."""
    match node:
        case Expr("const", text):
            found = re.fullmatch(r'([\[(])"?([^",]*)"?,"?([^",]*)"?([\])])', text.strip())
            if not found:
                return None
            opens, low, high, closes = found.groups()
        case Expr("call", name, (first, last, *how)) if name.endswith("range"):
            brackets = how[0].name if how and how[0].kind == "const" else "[)"
            if not {first.kind, last.kind} <= {"const", "null"} or len(brackets) != 2:
                return None
            opens, closes, low, high = brackets[0], brackets[1], first.name, last.name
        case _:
            return None
    return Limits(
        low=low or None, low_open=opens == "(" and bool(low), high=high or None, high_open=closes == ")" and bool(high)
    )
