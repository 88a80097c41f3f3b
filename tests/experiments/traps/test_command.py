"""pgproof traps as a user meets it: options, wrong input, files, exit codes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from bench import storage
from bench.cli import carry_out, main
from bench.errors import ServerError
from bench.experiments.setup import SetupOptions
from bench.experiments.traps import run as traps
from bench.experiments.traps.record import TRAPS, TrapsOptions, TrapsRun
from tests.builders.shops import SHOP
from tests.builders.trap_runs import cell, full, traps_run


@pytest.fixture
def look(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run the command on the shop; the exit code and all that it printed."""

    def call(*arguments: str) -> tuple[int, str]:
        status = main(["traps", str(SHOP), "--output", str(tmp_path / "out"), *arguments])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return call


def standing_in(
    monkeypatch: pytest.MonkeyPatch, run: TrapsRun, error: BaseException | None = None
) -> list[tuple[SetupOptions, TrapsOptions]]:
    """Have the stage give ``run``, or end with ``error`` after it: the command is what is tested."""
    asked: list[tuple[SetupOptions, TrapsOptions]] = []

    def made(setup: SetupOptions, options: TrapsOptions, server: object, keep: Callable[[TrapsRun], None]) -> TrapsRun:
        asked.append((setup, options))
        keep(run)
        if error:
            raise error
        return run

    monkeypatch.setattr(traps, "run", made)
    handle = type("Handle", (), {"version_num": 180006, "kind": "embedded"})()
    monkeypatch.setattr(carry_out, "server", lambda chosen, shown: nullcontext(handle))
    return asked


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--query", "nobody"), "--query nobody: no such query: there are cancel_order"),
        (("--fresh", "nobody"), "--fresh nobody: no such class: there are empty, hot, median"),
        (("--analyzes", "0"), "--analyzes 0: give a whole number from 1 to 1,000"),
        (("--leads", "many"), "not a number of orders"),
    ],
)
def test_wrong_input_is_exit_code_2_with_what_to_type(
    look: Callable[..., tuple[int, str]], arguments: tuple[str, ...], says: str
) -> None:
    status, printed = look(*arguments)
    assert status == 2
    assert says.replace(": there", " there") in " ".join(printed.split()).replace(": there", " there")


def test_a_state_that_the_workload_does_not_have_is_refused(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "optimizations.sql").unlink()
    for file in (shop / "queries").iterdir():
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join(line for line in lines if not line.startswith("-- expects")))
    assert main(["traps", str(shop), "--state", "after"]) == 2
    assert "this workload has no optimizations" in capsys.readouterr().err


def test_it_writes_its_files_and_exits_with_0(
    look: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = standing_in(monkeypatch, full())
    status, printed = look("--quiet", "--analyzes", "4", "--query", "open_orders")
    assert status == 0
    assert {file.name for file in (tmp_path / "out" / "latest-traps").iterdir()} == {
        "traps.json",
        "traps.md",
        "traps.html",
        "entry.json",
    }
    assert "1 of 5 queries has a plan trap" in printed
    ((setup, options),) = asked
    assert (options.state, options.analyzes, setup.only) == ("after", 4, ("open_orders",))


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [(KeyboardInterrupt(), 130, "interrupted"), (ServerError("it went away"), 2, "failed")],
)
def test_what_was_seen_before_the_end_is_kept_and_said(
    look: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    error: BaseException, code: int, status: str,
) -> None:  # fmt: skip
    standing_in(monkeypatch, traps_run(cell(), status="running"), error)
    found, printed = look()
    assert found == code
    assert f"{status}; what was seen is kept" in printed
    (folder,) = (tmp_path / "out").iterdir()
    assert storage.load(TRAPS, folder / "traps.json").status == status
    assert "was not finished" in (folder / "traps.html").read_text()


def test_a_stored_look_is_rendered_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    storage.save(full(), TRAPS, tmp_path / "traps.json")
    assert main(["report", str(tmp_path / "traps.json")]) == 0
    assert "1 of 5 queries has a plan trap" in capsys.readouterr().out
    assert main(["report", str(tmp_path / "traps.json"), "--figures"]) == 2
