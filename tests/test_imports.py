"""Imports point down."""

from __future__ import annotations

import ast
from pathlib import Path

BENCH = Path(__file__).parent.parent / "bench"

LAYERS = [
    {"__main__"},
    {"cli", "pytest_plugin"},
    {"console", "output"},
    {"report"},
    {"selftest", "scaling"},
    {"figures"},
    {"experiment", "gate", "loading", "maintenance", "traps"},
    {"attribution", "cold"},
    {"measure", "injections", "load", "preparing"},
    {"servers", "seeding", "optimizations", "store"},
    {"workload", "metadata", "shipping"},
    {"database"},
    {"comparison", "growth"},
    {"summary", "judge"},
    {"plans", "stats", "sqlfile", "machine", "progress", "stopwatch", "codec", "settings"},
    {"model", "errors"},
]
"""Top to bottom, as design says; a module may import from lower layers, and inside its own package."""

NO_DRIVER = {
    "model",
    "errors",
    "stats",
    "plans",
    "summary",
    "judge",
    "comparison",
    "growth",
    "figures",
    "report",
    "store",
    "codec",
    "sqlfile",
    "settings",
    "workload",
    "shipping",
}


def modules() -> list[tuple[str, Path]]:
    return [(file.relative_to(BENCH).parts[0].removesuffix(".py"), file) for file in sorted(BENCH.rglob("*.py"))]


def imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "bench":
            names |= {f"bench.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_every_module_has_a_layer() -> None:
    known = set().union(*LAYERS) | {"__init__"}
    assert {name for name, _ in modules()} <= known


def test_imports_point_down() -> None:
    level = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    wrong = [
        f"{file.relative_to(BENCH)} imports {other}"
        for name, file in modules()
        if name != "__init__"
        for other in sorted(imported(file))
        if other.startswith("bench.")
        for part in [other.split(".")[1]]
        if part in level and part != name and level[part] <= level[name]
    ]
    assert not wrong


def test_what_comes_after_the_measurement_needs_no_driver() -> None:
    wrong = [f.relative_to(BENCH) for name, f in modules() if name in NO_DRIVER and "psycopg" in imported(f)]
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
