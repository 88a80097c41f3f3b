"""The gate tested on itself: bounds and logs without a server, short series with one."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from pytest_benchmark.utils import parse_compare_fail
from rich.console import Console

from bench.cli import main
from bench.errors import RunFileError
from bench.experiments.gate.run import make_baseline
from bench.experiments.selftest import false_alarms, inject, sensitivity
from bench.experiments.selftest.formats import show_attempts, show_series
from bench.experiments.selftest.record import Attempt, CellLine, RunLine, append, line_of, read_log
from bench.workload import read
from tests.builders import gates
from tests.builders.gates import within_noise
from tests.builders.shops import SHOP, gate_of

pytestmark = pytest.mark.usefixtures("_templates_go")


def screened(name: str = "q[hot]", *, base: float = 1.0, head: float = 1.0, change: float = 0.0) -> CellLine:
    return CellLine(name, "pass", base, head, base, head, change, 0.08, 12, 1)


def run_of(*cells: CellLine, overall: str = "pass") -> RunLine:
    return RunLine("2026-01-01T00:00:00+00:00", "0.1.0", overall, 30.0, 0.5, "", (1.0,), cells)


# ------------------------------------------------------------------------------------------------------- bounds
@pytest.mark.parametrize(("events", "runs", "bound"), [(0, 300, 0.0099), (0, 100, 0.0295), (1, 300, 0.0157), (3, 3, 1)])
def test_the_bound_is_clopper_and_pearsons(events, runs, bound):
    assert sensitivity.upper_bound(events, runs) == pytest.approx(bound, abs=0.0001)


def test_three_hundred_clean_runs_are_what_it_takes_to_claim_one_per_cent():
    assert sensitivity.upper_bound(0, 299) <= 0.01 < sensitivity.upper_bound(0, 298) + 0.0001


def test_a_noisier_cell_sees_less():
    quiet = [run_of(CellLine("quiet[hot]", "pass", 1, 1, 1, 1, 0.001 * n, 0.02, 12, 1)) for n in range(5)]
    noisy = [run_of(CellLine("noisy[hot]", "pass", 1, 1, 1, 1, 0.02 * n, 0.3, 48, 1)) for n in range(5)]
    first, second = sensitivity.sights(
        [RunLine(**{**vars_of(a), "cells": a.cells + b.cells}) for a, b in zip(quiet, noisy, strict=True)]
    )
    assert (first.cell, second.cell) == ("noisy[hot]", "quiet[hot]")
    assert first.detectable > 0.2 > second.detectable > 0.1


def vars_of(line: RunLine) -> dict[str, object]:
    return {name: getattr(line, name) for name in RunLine.__slots__}


# ------------------------------------------------------------------------------------------------------- rules
def test_the_rule_on_stored_means_is_that_of_pytest_benchmark():
    rng = random.Random(1)
    lines = [run_of(*(screened(f"q{n}[hot]", head=rng.lognormvariate(0, 0.06)) for n in range(5))) for _ in range(60)]
    rule = parse_compare_fail("mean:10%")
    expected = sum(
        any(
            rule.fails({"mean": now.head_mean}, {"mean": old.head_mean})
            for now, old in zip(b.cells, a.cells, strict=True)
        )
        for a, b in pairwise(lines)
    )
    found = sensitivity.other_rules(lines)[0]
    assert (found.red, found.of) == (expected, 59)
    assert 0 < expected < 59


def test_a_rule_on_one_job_compares_the_arms():
    rules = {
        rule.name: rule.red
        for rule in sensitivity.other_rules([run_of(screened(head=1.2, change=0.05)), run_of(screened())])
    }
    assert rules["median > 10 % against the other arm, same job, interleaved"] == 1
    assert rules["median pair > 10 %, once (this gate without confirmations)"] == 0
    assert rules["this gate"] == 0


# --------------------------------------------------------------------------------------------------------- log
def test_a_log_gives_back_what_was_written(tmp_path):
    lines = [line_of(gates.result(gates.cell(), gates.cell("regression", "b")), 31.44, 0.517), run_of(screened())]
    for line in lines:
        append(line, tmp_path / "log")
    assert read_log(tmp_path / "log") == lines
    assert lines[0].seconds == 31.4
    assert [cell.cell for cell in lines[0].cells] == ["queue[hot]", "b[hot]"]


def test_a_line_that_is_none_of_ours_is_named(tmp_path):
    append(run_of(), tmp_path / "log")
    with open(tmp_path / "log", "a", encoding="ascii") as log:
        log.write('{"at": 1}\n')
    with pytest.raises(RunFileError, match=r"log:2: not a line"):
        read_log(tmp_path / "log")


def test_hostile_names_are_shown_as_they_are():
    console = Console(file=open("/dev/null", "w", encoding="utf-8"))  # noqa: SIM115 (closed with the process)
    console.print(show_series([run_of(screened("[red]x[/] [hot"))]))
    console.print(show_attempts([Attempt("[bold", "database", "counters", "nothing", (), "[/x]", 1.0)]))


def test_who_saw_it_is_who_was_promised_to_where_others_did_too():
    works, both = gates.cell("regression", "first"), gates.cell("regression", "second")
    both = replace(both, head=replace(both.head, result_hash="others"))
    assert inject.noticed([works, both], "rows") == (both, "rows")
    assert inject.noticed([works, both], "counters") == (works, "counters")
    assert inject.noticed([works], "rows") == (works, "counters")
    assert inject.noticed([], "rows") == (None, "nothing")


# ------------------------------------------------------------------------------------------------------ for real
def test_a_short_series_on_identical_files_is_not_red(server):
    lines: list[RunLine] = []
    false_alarms.series(gate_of(read(SHOP), only=("latest_orders",)), server, 2, 0, lines.append)
    assert [line.red for line in lines] == [False, False]
    for line in lines:  # what others do on the machine may leave a run undecided, and it says so
        assert len(line.cells) == 3 or (line.overall, bool(line.repeats)) == ("inconclusive", True)
    assert sensitivity.upper_bound(0, len(lines)) > 0.7


def test_an_optimization_left_out_is_seen_and_a_useless_one_called_unneeded(server, tmp_path):
    workload = read(SHOP)
    plan = gate_of(workload)
    baseline = make_baseline(plan, server)
    found = inject.left_out(plan, server, baseline, workload.optimizations[0])
    assert (found.witness, found.red[0].split("[")[0]) == ("counters", "cancel_order")


def test_a_generic_injection_is_seen(server):
    plan = gate_of(read(SHOP))
    baseline = make_baseline(plan, server)
    made = {injection.name: injection for injection in inject.injections_of(plan, server, baseline)}
    assert len(made) >= 5
    dropped = next(injection for name, injection in made.items() if "index" in name and injection.kind == "database")
    assert inject.injected(plan, server, baseline, dropped).witness == "counters"


def test_a_slow_down_is_put_in_at_its_size(server):
    plan = gate_of(read(SHOP))
    baseline = make_baseline(plan, server)
    found: list[Attempt] = []
    inject.slowed(plan, server, baseline, 0.8, 2, random.Random(1), found.append)
    assert len(found) == 2
    assert all(within_noise(attempt.ratio, 1.8, attempt.spread) for attempt in found)
    assert all(attempt.witness == "time" or "less than 20 µs" in attempt.detail for attempt in found)


def test_a_series_and_injections_are_two_tests(capsys):
    assert main(["selftest", str(SHOP), "--aa", "1", "--inject"]) == 2
    assert "two tests" in capsys.readouterr().err


def test_a_log_that_cannot_be_read_stops_before_anything_is_measured(tmp_path: Path, capsys):
    (tmp_path / "log").write_text("nonsense\n")
    assert main(["selftest", str(SHOP), "--leads", "2k", "--aa", "1", "--log", str(tmp_path / "log")]) == 2
    assert "log:1" in capsys.readouterr().err


def test_a_series_that_its_log_completes_needs_no_further_run(tmp_path: Path, capsys):
    for _ in range(2):
        append(run_of(screened()), tmp_path / "log")
    missing = ["--dsn", "host=/nonexistent"]
    assert main(["selftest", str(SHOP), "--aa", "2", "--log", str(tmp_path / "log"), *missing]) == 0
    assert "2 runs" in capsys.readouterr().out
    assert main(["selftest", str(SHOP), "--aa", "3", "--log", str(tmp_path / "log"), *missing]) == 2
