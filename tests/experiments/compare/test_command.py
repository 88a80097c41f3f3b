"""``pgproof compare`` as a user meets it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench import storage
from bench.cli import main
from bench.experiments.compare.command import last_two
from tests.builders import runs

QUEUE = runs.pair()
WORSE = replace(QUEUE, after=QUEUE.before)


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A folder of two runs, the second without its index, and a link to it, as ``pgproof run`` leaves them."""
    folder = tmp_path / "reports"
    for day, pair in ((1, QUEUE), (2, WORSE)):
        (folder / f"run{day}").mkdir(parents=True)
        storage.save(
            runs.run(pair, started_at=f"2026-10-0{day}T08:00:00Z"), storage.RUN, folder / f"run{day}" / "run.json"
        )
    (folder / "latest").symlink_to("run2")
    return folder


@pytest.fixture
def pgproof(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[int, str]]:
    """Run a command in an empty folder; return the exit code and all that it printed, on one line."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str | Path) -> tuple[int, str]:
        status = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return status, " ".join((captured.out + captured.err).split())

    return call


def test_compare_shows_what_moved_and_exits_with_0(pgproof: Callable, reports: Path, tmp_path: Path) -> None:
    status, printed = pgproof("compare", reports / "run1", reports / "run2" / "run.json", "--output", tmp_path / "out")
    assert status == 0
    assert "1 of 1 cell does more work" in printed
    assert sorted(path.name for path in (tmp_path / "out" / "latest-compare").iterdir()) == [
        "compare.html",
        "compare.md",
    ]


def test_compare_writes_to_reports_where_nobody_says_where(pgproof: Callable, reports: Path, tmp_path: Path) -> None:
    assert pgproof("compare", reports / "run1", reports / "latest")[0] == 0
    assert (tmp_path / "reports" / "latest-compare" / "compare.html").exists()


def test_compare_takes_the_last_two_where_none_is_named(pgproof: Callable, reports: Path) -> None:
    assert "1 of 1 cell does more work" in pgproof("compare")[1]
    (reports / "run1" / "run.json").unlink()
    assert pgproof("compare") == (2, "error: reports holds 1 run make two with pgproof run, or name them")


def test_the_last_two_are_those_that_began_last_whatever_their_folders_are_called(
    pgproof: Callable, reports: Path
) -> None:
    """As reports/sample stands in a clone, beside the folders of what is run there."""
    (reports / "sample").mkdir()
    storage.save(runs.run(QUEUE, started_at="2026-09-30T08:00:00Z"), storage.RUN, reports / "sample" / "run.json")
    assert [folder.name for folder in last_two(reports)] == ["run1", "run2"]


def test_a_reader_that_goes_away_is_no_bug(reports: Path, tmp_path: Path) -> None:
    """As in ``pgproof compare A B | head -1``."""
    asked = [sys.executable, "-m", "bench", "compare", str(reports / "run1"), str(reports / "run2"), "--output"]
    with subprocess.Popen(
        [*asked, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        complaints = process.stderr.read()
    assert (process.returncode, complaints) == (0, "")


def test_compare_prints_the_state_that_is_asked_for(pgproof: Callable, reports: Path) -> None:
    printed = pgproof("compare", reports / "run1", reports / "run2", "--state", "before", "--all")[1]
    assert "3,960 → 3,960" in printed


@pytest.mark.parametrize("number", [1, 9])
def test_compare_takes_two_to_eight_runs(pgproof: Callable, reports: Path, number: int) -> None:
    status, printed = pgproof("compare", *[reports / "run1"] * number)
    assert status == 2
    assert "2 to 8 runs" in printed


@pytest.mark.parametrize(
    ("text", "said"), [(None, "no such file"), ("", "empty"), ('{"format": 1, "id', "truncated"), ("[]", "not a run")]
)
def test_compare_says_which_file_cannot_be_read(pgproof: Callable, reports: Path, text: str | None, said: str) -> None:
    bad = reports / "bad.json"
    if text is not None:
        bad.write_text(text)
    status, printed = pgproof("compare", reports / "run1", bad)
    assert status == 2
    assert printed.startswith(f"error: {bad}: ")
    assert said in printed


def test_a_file_in_the_place_of_the_folder_is_an_error_in_one_line(pgproof: Callable, reports: Path) -> None:
    status, printed = pgproof("compare", reports / "run1", reports / "run2", "--output", reports / "run1/run.json/x")
    assert status == 2
    assert "cannot write to" in printed


def test_history_counts_the_latest_run_once(pgproof: Callable, reports: Path) -> None:
    status, printed = pgproof("history", reports)
    assert status == 0
    assert "2 runs: 1 query changed plan" in printed
    assert (reports / "latest-history" / "history.html").exists()


def test_history_names_what_it_leaves_out(pgproof: Callable, reports: Path) -> None:
    (reports / "broken").mkdir()
    (reports / "broken" / "run.json").write_text("{")
    status, printed = pgproof("history", reports)
    assert status == 0
    assert "broken/run.json: truncated" in printed


def test_history_of_one_run_says_that_there_is_nothing_to_compare_with(pgproof: Callable, reports: Path) -> None:
    status, printed = pgproof("history", reports / "run1")
    assert status == 0
    assert "One run: there is nothing to compare it with yet" in printed


@pytest.mark.parametrize("make", [True, False])
def test_history_without_a_run_says_what_to_type(pgproof: Callable, tmp_path: Path, make: bool) -> None:
    if make:
        (tmp_path / "none").mkdir()
    status, printed = pgproof("history", tmp_path / "none")
    assert status == 2
    assert "make one with: pgproof run" in printed if make else "is no folder" in printed
