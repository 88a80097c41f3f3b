"""pgproof load as a user meets it: options, wrong input, files, exit codes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import click
import pytest

from bench import storage
from bench.cli import carry_out, main
from bench.errors import LoadError, PgproofError
from bench.experiments.load import run as loading
from bench.experiments.load.command import numbers, weights
from bench.experiments.load.record import LOAD, InvariantSeen, LoadRun
from bench.workload import read
from tests.builders.loads import load_run, step
from tests.builders.shops import SHOP


@pytest.fixture
def load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run the command on the shop; the exit code and all that it printed."""

    def call(*arguments: str) -> tuple[int, str]:
        status = main(["load", str(SHOP), "--output", str(tmp_path / "out"), *arguments])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return call


def test_a_list_of_numbers_is_sorted_and_each_taken_once() -> None:
    assert numbers("16, 1,4,4", "--clients", 100, whole=True) == (1, 4, 16)
    assert numbers("0.5,200", "--rate", 1e6, whole=False) == (0.5, 200)


@pytest.mark.parametrize("text", ["", "many", "1,,2", "0", "-4", "1.5", "nan", "inf", "1e9", "4;5"])
def test_clients_that_are_none_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(click.UsageError, match="give whole numbers from 1 to 1,000: 1,4,16"):
        numbers(text, "--clients", 1000, whole=True)


def test_a_mix_names_queries_and_weights() -> None:
    shop = read(SHOP)
    assert weights("", shop) is None
    assert weights("open_orders=3, latest_orders", shop) == {"open_orders": 3, "latest_orders": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nobody=1", "--mix nobody: no such query"),
        ("open_orders=x", "is no weight"),
        ("open_orders=0", "every weight is 0"),
    ],
)
def test_a_wrong_mix_says_what_and_where(text: str, says: str) -> None:
    with pytest.raises(PgproofError, match=says):
        weights(text, read(SHOP))


def test_wrong_clients_are_one_line_and_exit_code_2(load: Callable[..., tuple[int, str]]) -> None:
    status, printed = load("--clients", "4,lots")
    assert status == 2
    assert "'lots' does not fit" in printed


def standing_in(monkeypatch: pytest.MonkeyPatch, run: LoadRun, error: BaseException | None = None) -> None:
    """Have the stage give ``run``, or end with ``error`` after it: the command is what is tested."""

    def made(setup: object, options: object, server: object, keep: Callable[[LoadRun], None]) -> LoadRun:
        keep(run)
        if error:
            raise error
        return run

    monkeypatch.setattr(loading, "run", made)
    monkeypatch.setattr(carry_out, "server", lambda chosen, shown: nullcontext())


def test_it_writes_its_files_and_exits_with_0(
    load: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    standing_in(monkeypatch, load_run(step("after", 1, {1_000: 5})))
    status, printed = load("--seconds", "1", "--quiet")
    assert status == 0
    names = {"load.json", "load.md", "load.html", "entry.json"}
    assert {file.name for file in (tmp_path / "out" / "latest-load").iterdir()} == names
    assert "After, 1 client gets 0.50/s" in printed


def test_a_violated_invariant_is_exit_code_1(
    load: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = replace(step("after", 1, {1_000: 5}), invariants=(InvariantSeen("q", "n", held=False, detail="d"),))
    standing_in(monkeypatch, load_run(broken))
    status, printed = load()
    assert status == 1
    assert "q broke 'n': d" in printed


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [(KeyboardInterrupt(), 130, "interrupted"), (LoadError("it broke", hint="mend it"), 2, "failed")],
)
def test_what_was_measured_before_the_end_is_kept_and_said(
    load: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    error: BaseException, code: int, status: str,
) -> None:  # fmt: skip
    standing_in(monkeypatch, load_run(step("after", 1, {1_000: 5}), status="running"), error)
    found, printed = load()
    assert found == code
    assert f"{status}; 1 step kept" in printed
    (folder,) = (tmp_path / "out").iterdir()
    assert storage.load(LOAD, folder / "load.json").status == status
    assert "not finished" in (folder / "load.html").read_text()


def test_a_stored_load_is_rendered_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    storage.save(load_run(step("after", 1, {1_000: 5})), LOAD, tmp_path / "load.json")
    assert main(["report", str(tmp_path / "load.json")]) == 0
    assert "After, 1 client gets 0.50/s" in capsys.readouterr().out
    assert {file.name for file in tmp_path.iterdir()} == {"load.json", "load.md", "load.html"}
