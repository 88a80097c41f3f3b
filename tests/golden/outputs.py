"""What every experiment shows of the stored runs here: the one file of these tests that knows how outputs are made.

``made(experiment)`` gives the outputs by name. Commands are used where there is one, in a folder in which all paths are
relative; the clock that a command looks at stands still.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack, chdir, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from unittest.mock import patch

from rich.console import Console

from bench import storage
from bench.cli import main
from bench.cli.streams import out
from bench.experiments.gate.document import EXPERIMENT as A_GATE
from bench.experiments.gate.record import GATE
from bench.experiments.scale import curves
from bench.experiments.scale.document import EXPERIMENT as A_SCALE
from bench.experiments.scale.record import SCALE
from bench.experiments.selftest.formats import show_attempts
from bench.experiments.selftest.record import read_attempts
from bench.report.github import annotate
from tests import SHOP

HERE = Path(__file__).parent

Outputs = Mapping[str, bytes]
Show = Callable[[Path], int]
"""Writes files into the folder that it gets and prints to ``out``; gives the exit code."""

WIDTHS = (80, 120, 200)
TERMINAL = tuple(f"terminal-{width}.txt" for width in WIDTHS)
STYLED = "terminal-120.ansi"
"""The same with colours, which the others do not have."""
PRINTED = (*TERMINAL, STYLED)
RUN = ("report.html", "report.md", "samples.csv", "cells.csv", "junit.xml")
GATE_FILES = ("gate.json", "gate.html", "gate.md", "gate.junit.xml", "annotations.txt")


# ------------------------------------------------------------------------------------------------------ how to show
def command(*arguments: str) -> Show:
    """A command of pgproof that writes to ``--output``."""
    return lambda folder: main([*arguments, "--output", str(folder)])


def printing(*arguments: str) -> Show:
    """A command of pgproof that only prints."""
    return lambda folder: main([*arguments])


def scale(folder: Path) -> int:
    """The reports of a scale experiment, and what is said of it when its steps are read again."""
    stored = Path("runs/scale")
    found = storage.load(SCALE, stored / SCALE.file)
    A_SCALE.write(found, folder)
    out.print(A_SCALE.show(found))
    runs = [storage.load(storage.RUN, stored / step.folder / "run.json") for step in found.steps]
    again = {"tracks": curves.cell_curves(runs), "alarms": curves.alarms(runs)}
    folder.joinpath("again.json").write_text(
        storage.spread({key: storage.to_json(value) for key, value in again.items()}) + "\n"
    )
    return 0


def gate(name: str) -> Show:
    """The reports of a gate, and its annotations of a workload that lies in a folder."""

    def show(folder: Path) -> int:
        found = storage.load(GATE, Path(f"runs/gate-{name}/gate.json"))
        A_GATE.write(found, folder)
        storage.save(found, GATE, folder / GATE.file)
        folder.joinpath("annotations.txt").write_text(
            annotate(A_GATE.look(found), "pgproof gate", GATE.file, "examples/shop")
        )
        out.print(A_GATE.show(found))
        return 0

    return show


def attempts(folder: Path) -> int:
    """What was put in on purpose, from the log of ``pgproof selftest --inject``."""
    out.print(show_attempts(read_attempts(Path("runs/selftest/inject.jsonl"))))
    return 0


# -------------------------------------------------------------------------------------------------- what is shown
def _run(name: str, *options: str) -> tuple[Show, tuple[str, ...]]:
    return command("report", f"runs/run/{name}/run.json", *options), (*RUN, *PRINTED)


COMPARED = ("runs/run/plain", "runs/run/plain-later", "runs/run/plain-elsewhere")

EXPERIMENTS: Mapping[str, tuple[Show, tuple[str, ...]]] = {
    "run-plain": _run("plain"),
    "run-full": _run("full"),
    "run-troubled": _run("troubled"),
    "run-missing": _run("missing"),
    "run-interrupted": _run("interrupted"),
    "run-failed": _run("failed"),
    "run-selected": _run("full", "--query", "latest_orders", "--query", "best_customers"),
    "now": (command("report", "runs/now/now.json"), (*RUN, *PRINTED)),
    "load": (command("report", "runs/load/load.json"), ("load.html", "load.md", *PRINTED)),
    "advise": (
        command("report", "runs/advise/advise.json"),
        ("advice.html", "advice.md", "advised.sql", "samples.csv", *PRINTED),
    ),
    "maintenance": (
        command("report", "runs/maintenance/maintenance.json"), ("maintenance.html", "maintenance.md", *PRINTED)
    ),
    "traps": (command("report", "runs/traps/traps.json"), ("traps.html", "traps.md", *PRINTED)),
    "scale": (scale, ("scale.html", "scale.md", "again.json", *PRINTED)),
    "gate-pass": (gate("pass"), (*GATE_FILES, *PRINTED)),
    "gate-regression": (gate("regression"), (*GATE_FILES, *PRINTED)),
    "gate-words": (gate("words"), (*GATE_FILES, *PRINTED)),
    "gate-incompatible": (gate("incompatible"), (*GATE_FILES, *PRINTED)),
    "selftest-alarms": (printing("selftest", str(SHOP), "--aa", "8", "--log", "runs/selftest/aa.jsonl"), PRINTED),
    "selftest-attempts": (attempts, PRINTED),
    "compare": (command("compare", *COMPARED), ("compare.html", "compare.md", *PRINTED)),
    "compare-all": (
        command("compare", *COMPARED[:2], "--all", "--state", "before"), ("compare.html", "compare.md", *PRINTED)
    ),
    "history": (command("history", "runs/run"), ("history.html", *PRINTED)),
}  # fmt: skip
"""By name: how to show it, and the outputs that this gives."""

HELD_BY_ROWS = {".parquet"}
"""Their bytes are another library's, so tests/api holds their rows against those of the CSV."""
CODES = "exit codes.txt"


def pages(experiment: str) -> list[str]:
    """Those of its outputs that a browser opens."""
    return [name for name in EXPERIMENTS[experiment][1] if name.endswith(".html")]


def texts(experiment: str) -> list[str]:
    """The others."""
    return [name for name in EXPERIMENTS[experiment][1] if not name.endswith(".html")]


# ---------------------------------------------------------------------------------------------------- how it is made
@cache
def made(experiment: str) -> Outputs:
    """Every output of ``experiment``: files by their names, what was printed at each width, and the exit code."""
    show, _ = EXPERIMENTS[experiment]
    with TemporaryDirectory() as folder, chdir(folder), ExitStack() as stack:
        Path("runs").symlink_to(HERE / "runs", target_is_directory=True)
        consoles = _listening(stack)
        code = show(Path("reports"))
        found = [
            file for file in sorted(Path("reports").rglob("*")) if file.is_file() and file.suffix not in HELD_BY_ROWS
        ]
        files = {file.name: file.read_bytes() for file in found if file.is_file()}
    printed = {name: _written(console).encode() for name, console in consoles.items()}
    return files | printed | {CODES: f"{experiment}: {code}\n".encode()}


def _listening(stack: ExitStack) -> Mapping[str, Console]:
    """Print what a command prints at every width at once, in an environment without wishes, while time stands still."""
    consoles = {f"terminal-{width}.txt": _console(width, None) for width in WIDTHS} | {STYLED: _console(120, "256")}

    def tell(*values: object, **options: object) -> None:
        for console in consoles.values():
            console.print(*values, **options)  # type: ignore[arg-type]

    wishes = ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "COLUMNS", "LINES", "PGPROOF_DSN")
    calm = {name: value for name, value in os.environ.items() if name not in wishes}
    stack.enter_context(patch.dict(os.environ, calm, clear=True))
    stack.enter_context(patch("time.monotonic", return_value=0.0))
    stack.enter_context(patch("bench.results_folder.stamp", return_value="2026-11-29T12-00-00"))
    stack.enter_context(redirect_stdout(StringIO()))
    stack.enter_context(patch.object(out, "print", tell))
    return consoles


def _console(width: int, colours: Literal["256"] | None) -> Console:
    return Console(
        file=StringIO(), width=width, color_system=colours, force_terminal=colours is not None, highlight=False,
        soft_wrap=False, _environ={},
    )  # fmt: skip


def _written(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()
