"""Count how often the 95 % interval of a ratio holds 1 where both sides are copies of one database, made anew.

    python benchmarks/aa_coverage.py [HOME]      # adds sessions to docs/evidence/aa_coverage.json, up to 200
    python benchmarks/figures_in_docs.py         # writes its table into docs/method.md

A session makes three copies of the filled database: "before", "after" and the second copy of "after" that each run
has. All three are timed in turn, as a run does. The interval of before to after should hold 1, because nothing
differs; it is taken as the bootstrap gives it, and widened by what after and its copy differ by.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bench import __version__, machine
from bench.cells.copies import copies_of
from bench.experiments.setup import Setup, SetupOptions, prepared
from bench.measurement import Cell, Sides, cells_of, look, time_pairs
from bench.model import Arm, Options, Pair
from bench.postgres.connection import Connection
from bench.postgres.servers import ServerOptions, open_server
from bench.progress import silent
from bench.statistics.copies import widened
from bench.statistics.quantiles import ratio
from bench.timestamps import now_text
from bench.workload import read

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "docs" / "evidence" / "aa_coverage.json"

LEADS, SESSIONS, ROUNDS = 5_000, 200, 40
COUNTS = (20, ROUNDS)
"""Executions of a side after which the intervals are taken."""
CELLS = 40
NICE = -15
SHORT_MS = 3.0
"""Cells whose first execution takes longer are left out: a session shall be short, and their copies differ less."""


class Preferred(Sides):
    """Sides whose server processes go before other work on the machine, where that is permitted."""

    @contextmanager
    def arms(self, *, writes: bool) -> Iterator[dict[Arm, Connection]]:
        """As those of a run."""
        with super().arms(writes=writes) as opened:
            for connection in opened.values():
                prefer(connection.info.backend_pid)
            yield opened


def prefer(process: int) -> bool:
    """Give the process's session priority (Linux: each has a group of its own that shares the processors fairly)."""
    file = Path(f"/proc/{process}/autogroup")
    for _ in range(20):  # the kernel takes one change in a tenth of a second
        with suppress(OSError):
            file.write_text(str(NICE))
            if file.read_text().split()[-1] == str(NICE):
                return True
        time.sleep(0.02)
    return False


def measure(home: Path | None = None) -> None:
    """Add sessions, and keep the file after each."""
    found = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    with open_server("embedded", ServerOptions(home=home)) as server:
        workload = read(ROOT)
        setup_options = SetupOptions(workload, LEADS, 1, "default", 1, 20 * 1024**3)
        with prepared(setup_options, server) as setup:
            facts = setup.facts()
            found = found or {
                "date": now_text(), "pgproof": __version__, "machine": asdict(machine.facts()),
                "server": facts["server"].version, "leads": LEADS, "preferred": prefer(os.getpid()), "sessions": [],
            }  # fmt: skip
            cells = chosen(setup)
            found["cells"] = len(cells)
            while len(found["sessions"]) < SESSIONS:
                pairs = session(setup, cells, len(found["sessions"]))
                found["sessions"].append([counted(pairs, count) for count in COUNTS])
                found["until"] = now_text()
                found["table"] = rendered(found)
                KEPT.write_text(json.dumps(found, separators=(",", ":")) + "\n")
                print(len(found["sessions"]), found["sessions"][-1], flush=True)


def chosen(setup: Setup) -> list[Cell]:
    """Short cells of the queries that read, evenly from all; both sides have the statement as it was written."""
    queries = [replace(query, rewrite=None) for query in setup.options.queries if not query.writes]
    sides = Sides(setup.target, {"before": setup.copy(setup.template, "look")}, 30.0)
    short = []
    for cell in cells_of(queries, setup.bindings(queries)):
        side, _ = look(sides, cell, "before")
        if side.plan and side.plan.execution_ms < SHORT_MS:
            short.append(cell)
    step = max(1.0, len(short) / CELLS)
    return [short[int(place * step)] for place in range(min(CELLS, len(short)))]


def session(setup: Setup, cells: Sequence[Cell], number: int) -> Sequence[Pair]:
    """Three new copies, timed in turn."""
    options = Options(ROUNDS, 0.0, 30.0, warmups=1, seed=number, target_ms=0.0)
    label = f"aa{number}"
    with (
        setup.passing_copy(setup.template, f"{label}_before") as before,
        setup.passing_copy(setup.template, f"{label}_after") as after,
        setup.passing_copy(after, f"{label}_copy") as copy,
    ):
        sides = Preferred(setup.target, {"before": before, "after": after}, 30.0, copy=copy)
        pairs = []
        for cell in cells:
            for state in ("before", "after"):
                look(sides, cell, state)
            pairs.append(Pair(cell.query.name, cell.parameter_class, cell.bindings))
        return time_pairs(sides, cells, pairs, options, silent, lambda _: None)


def counted(pairs: Sequence[Pair], count: int) -> dict[str, float]:
    """Of the first ``count`` executions: intervals that hold 1, as they are and widened."""
    cut = [
        replace(
            pair, before=replace(pair.before, samples=pair.before.samples[:count]),
            after=replace(pair.after, samples=pair.after.samples[:count]), copy=pair.copy[:count],
        )
        for pair in pairs
    ]  # fmt: skip
    copies = copies_of(cut)
    plain = [found for pair in cut if (found := ratio(pair.before.samples, pair.after.samples))]
    wide = [widened(found, copies) for found in plain]
    held, held_wide = (sum(one.low <= 1 <= one.high for one in each if one.low and one.high) for each in (plain, wide))
    return {
        "load": round(os.getloadavg()[0], 1), "n": count, "cells": len(plain), "held": held, "held_wide": held_wide,
        "percent": round(copies.percent, 2) if copies else 0.0,
    }  # fmt: skip


def rendered(found: dict[str, Any]) -> str:
    """The table, with where and when."""
    sessions = found["sessions"]
    load = sorted(session[0]["load"] for session in sessions)
    lines = [
        f"{len(sessions)} sessions of {found['cells']} cells of the CRM at {found['leads']:,} leads, copies made anew: "
        f"PostgreSQL {found['server']}, {found['machine']['cpu']}, {found['machine']['cores']} cores, "
        f"{found['date'][:16]} to {found['until'][:16]} UTC, beside other work (load {load[0]:.0f} to {load[-1]:.0f})"
        f"{', over which the measured processes had priority' if found['preferred'] else ''}.", "",
        "| executions | 95 % interval as the bootstrap gives it holds 1 | widened by the copy of that session | "
        "widened by: median, 90 % of sessions below |", "|---:|---:|---:|---|",
    ]  # fmt: skip
    for place, count in enumerate(COUNTS):
        rows = [session[place] for session in sessions]
        cells = sum(row["cells"] for row in rows)
        percents = sorted(row["percent"] for row in rows)
        held, wide = (100 * sum(row[name] for row in rows) / cells for name in ("held", "held_wide"))
        most = percents[int(0.9 * (len(percents) - 1))]
        lines.append(f"| {count} | {held:.1f} % | {wide:.1f} % | {percents[len(percents) // 2]:.1f} %, {most:.1f} % |")
    return "\n".join(lines)


if __name__ == "__main__":
    measure(*map(Path, sys.argv[1:2]))
