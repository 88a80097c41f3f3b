"""The files that pgproof stores, field by field, as Markdown: from the records and the docstrings of their fields."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.experiments.experiment import EXPERIMENTS, experiment_of
from bench.experiments.gate.record import BASELINE
from bench.overview.record import ENTRY
from bench.storage import RUN, Kind

NAMES = {str: "text", int: "whole number", float: "number", bool: "true or false", type(None): "null"}


def kinds() -> list[Kind[Any]]:
    """What files there are, that of a run first."""
    return list(dict.fromkeys([RUN, *(experiment_of(Path(file)).kind for file in EXPERIMENTS), BASELINE, ENTRY]))


def files() -> str:
    """A part for each file, with a section for each record that no earlier one has."""
    lines, seen = [], set[type]()
    for kind in kinds():
        new = [one for one in records_below(kind.record) if one not in seen]
        seen.update(new)
        lines += [f"## {kind.file}", "", f"Format {kind.format}: one {_type(kind.record)}.", ""]
        for record in new:
            lines += _section(record)
    return "\n".join(lines)


def records_below(record: type) -> dict[type, None]:
    """A record and every record in it, in the order in which one meets them."""
    found = {record: None}
    for hint in hints(record).values():
        for inner in _inside(hint):
            if inner not in found:
                found |= records_below(inner)
    return found


@cache
def hints(record: type) -> Mapping[str, Any]:
    """The types of the fields."""
    known = typing.get_type_hints(record)
    return {field.name: known[field.name] for field in dataclasses.fields(record)}


def _inside(hint: Any) -> Iterator[type]:  # noqa: ANN401 - a type, or what typing makes of some
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        yield hint
    for part in typing.get_args(hint):
        yield from _inside(part)


def _section(record: type) -> Iterator[str]:
    yield from (f"### {record.__name__}", "", _markdown(inspect.cleandoc(record.__doc__ or "")), "")
    yield from ("| field | type | meaning |", "|---|---|---|")
    said = dict(_as_of_a_run(record)) | meanings(record)
    for field in dataclasses.fields(record):
        optional = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        means = _markdown(" ".join(said.get(field.name, "").split())) + (" *Optional*" if optional else "")
        row = (f"`{field.name}`", _type(hints(record)[field.name]), means.strip())
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _as_of_a_run(record: type) -> Iterator[tuple[str, str]]:
    """What is said of a run's fields, for those of another record that are the same."""
    of_a_run = hints(RUN.record)
    for name, hint in hints(record).items():
        if of_a_run.get(name) == hint:
            yield name, meanings(RUN.record).get(name, "")


def meanings(record: type) -> Mapping[str, str]:
    """The docstrings of the fields, those of what it is made from too."""
    found: dict[str, str] = {}
    for one in reversed(record.__mro__):
        if dataclasses.is_dataclass(one):
            found |= _docstrings(sys.modules[one.__module__]).get(one.__name__, {})
    return found


@cache
def _docstrings(module: types.ModuleType) -> Mapping[str, Mapping[str, str]]:
    """Class to field to the text below it."""
    classes = [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.ClassDef)]
    return {one.name: dict(_below_fields(one)) for one in classes}


def _below_fields(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, text in pairwise(node.body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                yield name, said


def _type(hint: Any) -> str:  # noqa: ANN401 - a type, or what typing makes of some
    """A type in words; of a record its name, which leads to it."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint in NAMES:
        return NAMES[hint]
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    if origin is typing.Literal:
        return " or ".join(f"`{one or chr(34) * 2}`" for one in args)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(map(_type, args))
    if origin is tuple:
        return "list of " + " and ".join(_type(one) for one in args if one is not Ellipsis)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "object: " + " to ".join(map(_type, args))
    return "anything"


def _markdown(text: str) -> str:
    """A docstring as Markdown, in the words of JSON; what it says of a page leads there."""
    text = re.sub(r"``([^`]+)``", r"`\1`", text)
    text = re.sub(r"(?<!`)\bNone\b(?!`)", "`null`", text)
    return re.sub(r"\bdocs/([\w-]+\.md)(#[\w-]+)?", r"[\1](\1\2)", text)
