"""``pgproof doctor`` looks at what is here, and says what mends what is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from bench.cli import doctor
from bench.experiments.room import Wanted, in_one_copy
from bench.postgres.servers import binaries


@pytest.fixture(scope="module")
def cli_server() -> None:
    """No server runs on: doctor says whether one can be started."""


def line(printed: str, what: str) -> str:
    return next(one for one in printed.splitlines() if one[2:].startswith(what))


def test_it_says_what_can_be_run_here_and_how_much_equal_executions_differ(pgproof: Callable) -> None:
    status, printed = pgproof("doctor", "--seconds", "2", "--quiet")
    assert status == 0, printed
    assert "PostgreSQL 18" in line(printed, "embedded server")
    assert "pgcrypto" in line(printed, "embedded server")
    assert line(printed, "pgbench").endswith("pgbench")
    assert "differ by up to" in line(printed, "noise")
    assert "room for a run of the CRM" in line(printed, "disk")


def test_a_run_of_the_leads_that_it_names_fits_and_one_of_more_is_made_in_one_copy(
    pgproof: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = 200 * 2**30
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(total=free, used=0, free=free))
    _, printed = pgproof("doctor", "--seconds", "0", "--quiet")
    named = int(re.sub(r".*at about ([0-9,]+) leads", r"\1", line(printed, "disk")).replace(",", ""))
    all_that_a_run_does = Wanted(kept=True, aa=True, writes=True, attribute=True)
    for leads, in_turn in ((named, True), (named + 2000, False)):
        filled = leads * doctor.LEAD_BYTES
        assert (in_one_copy(free - filled, filled, None, all_that_a_run_does) == "") is in_turn


def test_few_executions_tell_nothing_about_noise(pgproof: Callable) -> None:
    status, printed = pgproof("doctor", "--seconds", "0.001", "--quiet")
    assert (status, "too few to tell" in line(printed, "noise")) == (0, True)


def test_where_no_server_can_be_run_it_says_what_would_mend_that(
    pgproof: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "wheel_programs", lambda: None)
    monkeypatch.setattr(doctor, "installations", lambda account: [])
    monkeypatch.setattr(doctor, "engine_problem", lambda: "no container engine answers")
    status, printed = pgproof("doctor", "--seconds", "0", "--quiet")
    assert status == 2
    assert "error: no server can be run here" in printed
    for what in ("embedded server", "local server", "docker server"):
        assert line(printed, what)[0] in "✗!"
    assert "→ systemctl start docker" in printed
