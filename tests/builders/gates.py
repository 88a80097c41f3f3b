"""Made-up gate results and baselines for tests: small parts with defaults."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import Any

from bench.cells.work import Difference
from bench.experiments.gate import record as records
from bench.experiments.gate.record import Baseline, CellResult, CellVerdict, Change, Counted, GateResult, Session, Timed
from bench.experiments.gate.times import MEDIAN_TO_MEAN, SCREEN_LOOKS
from bench.experiments.gate.timing import BURN_ROUNDS
from bench.model import Counters
from tests.builders import runs

WORK = Counters(buffers=96, rows=20, temp_blocks=0, heap_fetches=0)
MORE_WORK = Counters(buffers=3_960, rows=14_020, temp_blocks=12, heap_fetches=0)


def counted(
    query: str = "queue", parameter_class: str = "hot", *, counters: Counters = WORK, index: str = "queue_idx"
) -> Counted:
    plan = runs.scan("leads", index=index, buffers=counters.buffers)
    return Counted(
        query=query, parameter_class=parameter_class, args=({"organization_id": "1"},), counters=counters,
        fingerprint="5be1", plan=plan, result_hash="1f3a", result_rows=20, target="meets",
    )  # fmt: skip


def timed(ratio: float = 1.0, base_ms: float = 1.42) -> tuple[Timed, Change]:
    rng = random.Random(f"{ratio}/{base_ms}")
    base = tuple(round(base_ms * rng.lognormvariate(0, 0.02), 4) for _ in range(12))
    sessions = tuple(
        Session(name, base, tuple(value * ratio for value in base)) for name in ("screen", "first", "second")
    )
    change = Change(ratio=ratio, lower=ratio * 0.95, stages=(ratio,) * 3, spread=0.021, detectable=0.12)
    return Timed("cpu", 6, sessions), change


def within_noise(ratio: float, size: float, spread: float) -> bool:
    """Whether ``ratio`` is a measured ``size``, by the noise that was seen: four standard errors, or 10 %.

    The screen has 12 pairs at least, the rounds that measured the injection out 24.
    """
    error = MEDIAN_TO_MEAN * spread * math.sqrt(1 / SCREEN_LOOKS[0] + 1 / BURN_ROUNDS)
    return abs(math.log(ratio / size)) < max(4 * error, math.log(1.1))


def cell(verdict: CellVerdict = "pass", query: str = "queue", parameter_class: str = "hot", **more: Any) -> CellResult:
    """A cell of that verdict, with the evidence that goes with it."""
    worse = verdict in ("regression", "accepted")
    times, change = timed(1.42 if worse else 0.6 if verdict == "improvement" else 1.01)
    head = counted(query, parameter_class, counters=MORE_WORK, index="") if worse else counted(query, parameter_class)
    made: dict[str, Any] = {
        "query": query,
        "parameter_class": parameter_class,
        "word": verdict,
        "file": f"queries/{query}.sql",
        "line": 7,
        "base": None if verdict == "new" else counted(query, parameter_class),
        "head": None if verdict == "gone" else head,
    }
    if worse:
        made |= {
            "reasons": ("96 → 3,960 buffers", "+42% time in three independent sessions (at least +35%)"),
            "plan_changes": ("Index Scan using queue_idx on leads l became Seq Scan on leads l, 96 → 3,960 buffers",),
            "cause": "index crm.queue_idx was dropped",
            "differences": (Difference("buffers", 96, 3_960, "2% and 8"),),
            "expected": "the queue reads everything until #12" if verdict == "accepted" else "",
        }
    elif verdict not in ("pass", "new", "gone"):
        made |= {"reasons": (f"what makes it {verdict}",)}
    if verdict not in ("new", "gone", "not compared"):
        made |= {"timed": times, "change": change}
    return CellResult(**(made | more))


def result(*cells: CellResult, **more: Any) -> GateResult:
    """A result of these cells; the overall verdict is what their verdicts say."""
    verdicts = {found.word for found in cells}
    overall = next(
        (verdict for verdict in ("regression", "inconclusive", "improvement") if verdict in verdicts), "pass"
    )
    made: dict[str, Any] = {
        "started_at": "2025-06-01T08:00:00Z",
        "finished_at": "2025-06-01T08:00:42Z",
        "pgproof": "0.1.0",
        "workload": "crm",
        "overall": overall,
        "base": "main (3f2a1b9)",
        "head": "the working tree",
        "target_ms": 100.0,
        "counters_against": "baseline",
        "cells": cells,
        "controls": (1.003, 0.998),
        "server": runs.run().server,
        "machine": runs.run().machine,
        "scale": 20_000,
        "unit": "leads",
        "phases_s": {"count": 4.0, "time": 31.0},
    }
    return GateResult(**(made | more))


def every_verdict() -> GateResult:
    """A result with two cells of each verdict."""
    cells = [
        cell(verdict, f"{verdict.replace(' ', '_')}_query", kind)
        for verdict in records.VERDICTS
        for kind in ("hot", "tiny")
    ]
    return result(*cells, notes=("autovacuum was off",), hint="pgproof baseline")


def counters_only(*cells: CellResult) -> GateResult:
    return result(*(replace(found, timed=None, change=None) for found in cells), controls=())


def incompatible(**more: Any) -> GateResult:
    made = {
        "overall": "incompatible",
        "incompatible": ("PostgreSQL: 17.2 in the baseline, 18.1 now", "seed: 41 in the baseline, 42 now"),
        "hint": "make a new one with: pgproof baseline",
    }
    return result(**(made | more))


def baseline(*cells: Counted, **more: Any) -> Baseline:
    fingerprint = records.Fingerprint(
        server_version="18.1", settings={"work_mem": "4MB", "jit": "off"}, workload="crm", scale=20_000, unit="leads",
        seed=42, skew="default", clock="2025-06-01T00:00:00Z", tables={"crm.leads": "20000 rows, c0ffee01"},
    )  # fmt: skip
    made: dict[str, Any] = {
        "pgproof": "0.1.0",
        "created_at": "2025-06-01T08:00:00Z",
        "fingerprint": fingerprint,
        "target_ms": 100.0,
        "recipe": records.Recipe(commit="3f2a1b9"),
        "queries": {"queue": records.QueryFacts("9a4c")},
        "catalog": records.Catalog({"crm.queue_idx": "CREATE INDEX …"}, {"crm.leads": 20_000}, {"queue_idx": "77b0"}),
        "cells": cells,
    }
    return Baseline(**(made | more))


def hostile(text: str) -> GateResult:
    """A result with ``text`` in every place that holds text, for each verdict."""
    bad = counted(text, text)
    bad = replace(bad, args=({text: text},), fingerprint=text, plan={"Node Type": text}, result_hash=text)
    cells = [
        cell(
            verdict, text, text, reasons=(text, text), plan_changes=(text,), cause=text, file=text, expected=text,
            differences=(Difference(text, 1, 2, text),), base=bad, head=replace(bad, counters=MORE_WORK),
        )
        for verdict in records.VERDICTS
    ]  # fmt: skip
    made = result(*cells)
    assert made.server
    assert made.machine
    return replace(
        made, started_at=text, finished_at=text, pgproof=text, workload=text, base=text, head=text,
        incompatible=(text,), hint=text, notes=(text,), unit=text, phases_s={text: 1.0},
        server=replace(made.server, kind=text, version=text, settings={text: text}),
        machine=replace(made.machine, cpu=text, system=text, python=text),
    )  # fmt: skip
