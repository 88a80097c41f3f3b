"""Imports point down, and an experiment knows no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from tests import ROOT

BENCH = ROOT / "bench"

LAYERS = [
    {"__main__"},
    {"cli", "pytest_plugin"},
    {"experiments"},
    {"overview"},
    {"results_folder", "progress_bars"},
    {"attribution"},
    {"advice"},
    {"hygiene"},
    {"cells"},
    {"pgbench"},
    {"measurement"},
    {"dataset"},
    {"inference"},
    {"environments"},
    {"postgres"},
    {"report"},
    {"shipping"},
    {"schema"},
    {"workload"},
    {"storage"},
    {"plans", "statistics", "syntax"},
    {"settings", "machine", "progress", "timestamps"},
    {"model", "errors", "suggestions"},
]
"""Top to bottom; a module may import from lower layers, and inside its own part."""

STANDS_ON = {
    # A run ends with the four sides, and is held against the one before; without optimizations it is of now.
    "before_after": {"attribution", "now", "compare"},
    "scale": {"before_after"},  # each step of it is a run
    "selftest": {"gate"},  # it is the gate that is tested
}
"""The experiments that carry out another one. Any other two share what lies below them."""

DRIVER = {"postgres", "environments", "inference", "dataset", "measurement", "pgbench"}
"""Parts that talk to a server."""

AFTER_MEASUREMENT = {
    "model",
    "errors",
    "suggestions",
    "settings",
    "timestamps",
    "statistics",
    "syntax",
    "plans",
    "storage",
    "workload",
    "shipping",
    "report",
    "cells",
    "hygiene",
    "advice",
    "overview",
}
COMMANDS = {"command"}
"""Modules of an experiment that belong to the command line: they use its options, and nothing else imports them."""

DECIDE_AND_SHOW = {"record", "summary", "document", "sentences"}
"""Rooms of every experiment that work from a stored record."""


def parts_of(file: Path) -> tuple[str, ...]:
    return file.relative_to(BENCH).with_suffix("").parts


def layer_of(parts: Sequence[str]) -> str:
    """The part of a module by the parts of its name; an experiment's commands belong to the command line."""
    return "cli" if parts[0] == "experiments" and parts[-1] in COMMANDS else parts[0]


def modules() -> list[tuple[str, Path]]:
    return [(layer_of(parts_of(file)), file) for file in sorted(BENCH.rglob("*.py"))]


@cache
def imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def part_imported(name: str) -> str:
    """The part that an import goes to: of a module, or of what a module gives."""
    parts = name.split(".")[1:]
    return layer_of(parts if BENCH.joinpath(*parts).with_suffix(".py").exists() else parts[:-1] or parts)


def experiments_imported(file: Path) -> Iterator[str]:
    for name in imported(file):
        parts = name.split(".")
        if parts[:2] == ["bench", "experiments"] and (BENCH / "experiments" / parts[2]).is_dir():
            yield parts[2]


def test_every_module_has_a_layer() -> None:
    known = set().union(*LAYERS) | {"__init__"}
    assert {name for name, _ in modules()} <= known


def test_imports_point_down() -> None:
    level = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    wrong = [
        f"{file.relative_to(BENCH).with_suffix('')} imports {other}"
        for name, file in modules()
        if name != "__init__"
        for other in sorted(imported(file))
        if other.startswith("bench.")
        for part in [part_imported(other)]
        if part in level and part != name and level[part] <= level[name]
    ]
    assert not wrong


def test_an_experiment_imports_no_sibling() -> None:
    wrong = [
        f"{file.relative_to(BENCH).with_suffix('')} imports {other}"
        for name, file in modules()
        if parts_of(file)[0] == "experiments" and len(parts_of(file)) > 2
        for own in [parts_of(file)[1]]
        for other in experiments_imported(file)
        if other not in {own} | STANDS_ON.get(own, set())
    ]
    assert not wrong


def reaches(module: str, seen: set[str]) -> set[str]:
    """Every module of ours that importing ``module`` imports, itself too."""
    file = BENCH.parent.joinpath(*module.split("."))
    file = file / "__init__.py" if file.is_dir() else file.with_suffix(".py")
    if module in seen or not file.exists():
        return seen
    seen.add(module)
    for name in imported(file):
        if name.startswith("bench"):
            reaches(name, seen)
            reaches(name.rpartition(".")[0], seen)
    return seen


def test_what_comes_after_the_measurement_needs_no_driver() -> None:
    wrong = []
    for name, file in modules():
        parts = parts_of(file)
        pure = name in AFTER_MEASUREMENT or (name == "experiments" and parts[-1] in DECIDE_AND_SHOW)
        if pure:
            module = ".".join(("bench", *parts)).removesuffix(".__init__")
            wrong += [
                f"{module}: {one}"
                for one in reaches(module, set())
                if one.split(".")[1:2] and one.split(".")[1] in DRIVER
            ]
    assert not wrong


def test_modules_stay_readable() -> None:
    """A module has 400 lines at most, a function 60."""
    long = []
    for _, file in modules():
        text = file.read_text()
        if text.count("\n") > 400:
            long.append(str(file))
        long += [
            f"{file}:{node.lineno} {node.name}"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno > 60
        ]
    assert not long
