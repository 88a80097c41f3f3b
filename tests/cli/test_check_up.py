"""``pgproof check-up``: commands in a row within a given time, one page, one exit code."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.cli.check_up import Part, _arguments, _parts, _stopped_after
from bench.overview.check_up import CheckUp, Step
from bench.overview.record import Answers, Entry
from bench.workload import read
from tests import SHOP


def step(ended: str = "done", **answers: str) -> Step:
    found: Answers = dict(answers)  # type: ignore[assignment]
    entry = Entry("run", "run", "2026-12-01T12:00:00+00:00", "complete", "shop", "1 order", "said", found)
    return Step("pgproof run", ended, 1.0, "a-run", entry if answers else None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("steps", "outcome"),
    [
        ((step(meets="yes", cold="yes"), step(load="yes")), "yes"),
        ((step(meets="yes"), step("failed")), "failed"),
        ((step(meets="no"), step("failed")), "no"),
        ((step(meets="yes", cold="cannot tell"),), "cannot tell"),
        ((step(meets="yes"), step("not begun")), "cannot tell"),
    ],
)
def test_it_is_yes_only_where_every_command_ended_with_a_yes(steps: tuple[Step, ...], outcome: str) -> None:
    assert CheckUp("shop", 1.0, steps).outcome == outcome


def test_a_gate_is_asked_where_there_is_a_baseline_and_caches_are_emptied_where_nobody_else_is(shop: Path) -> None:
    parts = {one.command: one for one in _parts(read(shop), 20_000, shared=False)}
    assert list(parts) == ["run", "traps", "load", "scale", "maintain"]
    assert "--cold" in parts["run"].arguments
    assert parts["scale"].arguments[:4] == ("--from", "2000", "--to", "20000")
    (shop / "baseline.json").touch()
    shared = {one.command: one for one in _parts(read(shop), 20_000, shared=True)}
    assert "gate" in shared
    assert "--cold" not in shared["run"].arguments


def test_a_command_gets_its_share_of_the_time_that_is_left() -> None:
    part = Part("load", ("--clients", "4"), 2, "--seconds", 4)
    assert _arguments(part, 30.0) == ["--clients", "4", "--seconds", "15"]


def test_what_takes_too_long_is_stopped_as_by_ctrl_c() -> None:
    former = signal.getsignal(signal.SIGALRM)
    with pytest.raises(KeyboardInterrupt), _stopped_after(0.01) as clock:
        time.sleep(5)
    assert clock.over
    assert signal.getsignal(signal.SIGALRM) is former


def test_there_is_one_page_over_what_was_found_in_the_time(pgproof: Callable, tmp_path: Path) -> None:
    """Six seconds, in which hardly more than the first command is begun: what had no time is said."""
    output = tmp_path / "reports"
    status, printed = pgproof("check-up", SHOP, "--scale", "1k", "--minutes", "0.1", "--output", output)
    assert status in (1, 5), printed
    page = (output / "latest-check-up" / "check-up.html").read_text()
    assert page.count('data-label="Answer"') == 7
    assert "had no time to come to an end" in printed
    assert "latest-check-up/check-up.html" in (output / "index.html").read_text()
