"""pgproof maintain as a user meets it: options, wrong input, files, exit codes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from bench import storage
from bench.cli import carry_out, main
from bench.cli.options import share_of
from bench.errors import PgproofError
from bench.experiments.maintain import run as measured
from bench.experiments.maintain.command import only
from bench.experiments.maintain.procedures import known
from bench.experiments.maintain.record import MAINTENANCE, MaintenanceRun
from bench.workload import read
from tests import ROOT
from tests.builders.aged import CHURNED, FRESH, FULL, maintenance, stage
from tests.builders.shops import SHOP

Call = Callable[..., tuple[int, str]]


@pytest.fixture
def maintain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command on the shop; the exit code and all that it printed."""

    def call(*arguments: str) -> tuple[int, str]:
        status = main(["maintain", str(SHOP), "--output", str(tmp_path / "out"), *arguments])
        captured = capsys.readouterr()
        return status, " ".join((captured.out + captured.err).split())

    return call


@pytest.mark.parametrize(("text", "value"), [("20%", 0.2), ("20", 0.2), ("0%", 0.0), ("100", 1.0), (" 2.5 % ", 0.025)])
def test_a_share_is_a_percentage(text: str, value: float) -> None:
    assert share_of("--churn", text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "-1%", "101%", "a lot", "nan", "inf", "20%%"])
def test_a_share_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(click.UsageError, match="give a percentage from 0% to 100%: --churn 20%"):
        share_of("--churn", text)


def test_procedures_are_chosen_by_name_each_once() -> None:
    assert only("reindex, vacuum,reindex", read(SHOP)) == ("reindex", "vacuum")
    assert only("", read(SHOP)) == ()


def test_an_unknown_procedure_says_which_there_are(maintain: Call) -> None:
    status, printed = maintain("--only", "vacuum,tidy")
    assert status == 2
    assert "--only tidy: no such procedure there are analyze, autovacuum, gin, reindex, vacuum" in printed


def test_the_workload_s_upkeep_is_named_after_its_blocks() -> None:
    names = [one.name for one in known(read(ROOT))]
    merged = ["json_tag_search_two_steps", "audit_trail_two_steps", "lead_search_two_steps"]
    kept = [f"{block}_{n}" for block in ("crm_open", "crm_totals", "crm_funnel") for n in (1, 2)]
    assert names[:11] == [*merged, "org_daily_rollup", *kept, "maintenance_procedures_1"]


def standing_in(monkeypatch: pytest.MonkeyPatch, run: MaintenanceRun, error: BaseException | None = None) -> None:
    """Have the stage give ``run``, or end with ``error`` after it: the command is what is tested."""

    def made(setup: object, options: object, server: object, keep: Callable[[MaintenanceRun], None]) -> MaintenanceRun:
        keep(run)
        if error:
            raise error
        return run

    monkeypatch.setattr(measured, "run", made)
    monkeypatch.setattr(carry_out, "server", lambda chosen, shown: nullcontext(SimpleNamespace(data_dir=None)))


def test_it_writes_its_files_and_exits_with_0(maintain: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    standing_in(monkeypatch, FULL)
    status, printed = maintain("--churn", "20%")
    assert status == 0
    names = {"maintenance.json", "maintenance.md", "maintenance.html", "entry.json"}
    assert {file.name for file in (tmp_path / "out" / "latest-maintain").iterdir()} == names
    assert "VACUUM alone mends 1 of them" in printed
    assert "whether the copies fit is not checked" in printed


def test_other_rows_after_vacuum_are_exit_code_1(maintain: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    standing_in(monkeypatch, maintenance(FRESH, CHURNED, stage("vacuum", {"board": 100}, rows="other")))
    status, printed = maintain()
    assert status == 1
    assert "answers with other rows after vacuum" in printed


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [(KeyboardInterrupt(), 130, "interrupted"), (PgproofError("it broke", hint="mend it"), 2, "failed")],
)
def test_what_was_measured_before_the_end_is_kept_and_said(
    maintain: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: BaseException, code: int, status: str
) -> None:
    standing_in(monkeypatch, maintenance(FRESH, CHURNED, status="running"), error)
    found, printed = maintain()
    assert found == code
    assert f"{status}; 2 stages kept" in printed
    (folder,) = (tmp_path / "out").iterdir()
    assert storage.load(MAINTENANCE, folder / "maintenance.json").status == status
    assert "not finished" in (folder / "maintenance.html").read_text()


def test_a_stored_experiment_is_rendered_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    storage.save(FULL, MAINTENANCE, tmp_path / "maintenance.json")
    assert main(["report", str(tmp_path / "maintenance.json")]) == 0
    assert "VACUUM alone mends 1 of them" in " ".join(capsys.readouterr().out.split())
    assert {file.name for file in tmp_path.iterdir()} == {"maintenance.json", "maintenance.md", "maintenance.html"}
