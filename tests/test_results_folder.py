"""A result has a folder of its own: no later one touches it, and a link leads to the newest of each kind."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from bench import results_folder, storage
from bench.cli import carry_out, main
from bench.cli.carry_out import begin
from bench.errors import PgproofError
from bench.experiments.experiment import EXPERIMENTS, experiment_of
from bench.progress_bars import Lines
from bench.results_folder import Checkpoint
from bench.storage import RUN
from tests.builders import runs
from tests.golden.outputs import HERE

STORED = {file: found for file in EXPERIMENTS for found in list(HERE.joinpath("runs").rglob(file))[:1]}
"""A stored result of each experiment that has one."""
MOMENT = "2026-11-29T12-00-00"


@pytest.fixture(autouse=True)
def _one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results_folder, "stamp", lambda: MOMENT)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def measured(file: str, output: Path) -> Path:
    """The folder of a result of that experiment, as its command makes it, without the work."""
    experiment = experiment_of(Path(file))
    record, results = storage.load(experiment.kind, STORED[file]), begin(experiment, output)
    carry_out.carry_out(experiment, results, {}, Lines(carry_out.err), lambda _: record, lambda _: "")
    return results.folder


@pytest.mark.parametrize("file", STORED)
def test_two_results_of_one_second_have_two_folders(file, tmp_path, monkeypatch):
    monkeypatch.setattr(carry_out, "server", lambda chosen, shown: nullcontext())
    name = experiment_of(Path(file)).carried_out_by
    first = measured(file, tmp_path)
    before = contents(first)
    second = measured(file, tmp_path)
    assert (first.name, second.name) == (f"{MOMENT}-{name}", f"{MOMENT}-{name}-2")
    assert contents(first) == before
    assert file in before
    assert (tmp_path / ("latest" if name == "run" else f"latest-{name}")).resolve() == second


@pytest.mark.parametrize(("command", "page"), [("compare", "compare.html"), ("history", "history.html")])
def test_what_is_made_of_several_runs_has_a_folder_each_time(command, page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = HERE / "runs" / "run"
    given = [str(folder)] if command == "history" else [str(folder / name) for name in ("plain", "plain-later")]
    assert [main([command, *given]) for _ in range(2)] == [0, 0]
    pages = sorted(path.parent.name for path in Path("reports").glob(f"2*/{page}"))
    assert pages == [f"{MOMENT}-{command}", f"{MOMENT}-{command}-2"]
    assert Path("reports", f"latest-{command}", page).exists()


def test_history_finds_the_runs_among_other_results(tmp_path, capsys):
    for file, stored in STORED.items():
        experiment = experiment_of(Path(file))
        begin(experiment, tmp_path).publish(storage.load(experiment.kind, stored), lambda record, folder: None)
    capsys.readouterr()
    assert main(["history", str(tmp_path), "--output", str(tmp_path)]) == 0
    assert "One run" in capsys.readouterr().out
    assert main(["history", str(tmp_path), "--output", str(tmp_path)]) == 0


@pytest.mark.parametrize("file", STORED)
def test_any_result_is_reported_by_its_file_and_by_its_folder(file, tmp_path, monkeypatch):
    monkeypatch.setattr(carry_out, "server", lambda chosen, shown: nullcontext())
    folder = measured(file, tmp_path)
    before = contents(folder)
    assert main(["report", str(folder)]) == main(["report", str(folder / file)])
    assert contents(folder) == before


def test_a_folder_without_a_result_says_what_to_give(tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 2
    assert "holds no result" in capsys.readouterr().err


@pytest.mark.parametrize("file", STORED)
def test_the_list_names_the_file_that_each_experiment_keeps(file):
    assert experiment_of(Path(file)).kind.file == file


@pytest.mark.parametrize(
    "arguments",
    [
        ("run",), ("attribute",), ("load",), ("maintain",), ("traps",), ("scale", "--from", "1k", "--to", "2k"),
        ("gate", "--base", "HEAD"),
    ],
)  # fmt: skip
def test_a_folder_that_cannot_be_written_to_is_one_line_before_the_work(arguments, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(carry_out, "server", lambda chosen, shown: pytest.fail("a server was asked for"))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert main([*arguments, "--output", str(tmp_path / "reports")]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"error: cannot write to {tmp_path / 'reports'}: Permission denied"
    assert "--output" in said[1]


def test_nothing_is_stored_before_there_is_something_to_keep(tmp_path):
    results = begin(experiment_of(Path("run.json")), tmp_path)
    results.keep(runs.run())
    assert list(tmp_path.iterdir()) == []
    results.keep(runs.run(runs.pair()))
    assert [folder.name for folder in tmp_path.iterdir()] == [f"{MOMENT}-run"]


def test_a_record_that_grows_fast_is_stored_once_in_a_while(tmp_path, monkeypatch):
    now = 0.0
    monkeypatch.setattr(results_folder.time, "monotonic", lambda: now)
    results = Checkpoint(RUN, lambda: tmp_path)
    results.keep(runs.run())
    results.keep(runs.run(runs.pair()))
    assert storage.load(RUN, results.file) == runs.run()
    now = 1.1
    results.keep(runs.run(runs.pair()))
    assert storage.load(RUN, results.file) == runs.run(runs.pair())


def test_a_folder_in_the_place_of_the_link_is_left_alone(tmp_path):
    (tmp_path / "latest").mkdir()
    results = begin(experiment_of(Path("run.json")), tmp_path)
    with pytest.raises(PgproofError, match="is a folder, not our link: move it away"):
        results.publish(runs.run(), lambda run, folder: None)
    assert storage.load(RUN, results.file) == runs.run()
