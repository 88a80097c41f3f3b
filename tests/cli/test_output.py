"""How much is printed: all that goes on, only the result, or only its summary as JSON."""

from __future__ import annotations

import json
import webbrowser
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import storage
from bench.cli import main
from bench.experiments.experiment import experiment_of
from tests import ROOT, SHOP

RUNS = ROOT / "tests" / "golden" / "runs"
KEYS = {"experiment", "status", "outcome", "headline", "alarms", "record", "report", "findings", "summary"}
STORED = ("now/now.json", "load/load.json", "maintenance/maintenance.json", "traps/traps.json", "scale/scale.json",
          "gate-regression/gate.json", "run/full/run.json")  # fmt: skip


@pytest.mark.parametrize("file", STORED)
def test_a_summary_is_json_and_many_times_smaller_than_a_page(file: str, tmp_path: Path) -> None:
    experiment = experiment_of(RUNS / file)
    record = storage.load(experiment.kind, RUNS / file)
    said = experiment.for_programs(record, tmp_path)
    text = json.dumps(said, allow_nan=False)
    assert said.keys() == KEYS
    assert said["findings"]
    assert said["headline"]
    assert "object at 0x" not in text
    assert len(text) < 300_000


def test_json_is_all_that_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(RUNS / "maintenance"), "--output", str(tmp_path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["experiment"], said["report"]) == ("maintain", str(tmp_path / "maintenance.html"))
    assert main(["report", str(RUNS / "maintenance"), "--output", str(tmp_path)]) == 0
    assert "maintenance.html" in capsys.readouterr().out  # the next command talks again


@pytest.mark.parametrize("line", [f"report {RUNS}/maintenance", f"compare {RUNS}/run/plain {RUNS}/run/full"])
def test_what_only_shows_is_quiet_already(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = []
    for more, place in ([], tmp_path / "a"), (["--quiet"], tmp_path / "b"):
        assert main([*line.split(), "--output", str(place), *more]) == 0
        printed.append(capsys.readouterr().out.partition(str(place))[0])
    assert printed[0] == printed[1] != ""


def test_open_opens_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the browser that the user has named, as webbrowser finds it."""
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/opened\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    monkeypatch.setattr(webbrowser, "_tryorder", None)  # what it found before is forgotten
    for more in ([], ["--open"]):
        assert main(["report", str(RUNS / "maintenance"), "--output", str(tmp_path), *more]) == 0
    assert (tmp_path / "opened").read_text().split() == [(tmp_path / "maintenance.html").as_uri()]


def test_where_there_is_no_browser_it_says_which_file(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(webbrowser, "_tryorder", [])
    assert main(["report", str(RUNS / "maintenance"), "--output", str(tmp_path), "--open"]) == 0
    assert capsys.readouterr().err == f"no browser was found to open it with: {tmp_path / 'maintenance.html'}\n"


def test_quiet_prints_the_result_alone(pgproof: Callable, tmp_path: Path) -> None:
    status, printed = pgproof("run", SHOP, "--scale", "1k", "--query", "open_orders", "--quiet")
    assert status == 0
    assert "loading" not in printed
    assert " s\n" not in printed
    first, *_, last = printed.strip().splitlines()
    assert "meets 50 ms at 1,000 orders" in first
    assert last.startswith(f"report: {tmp_path}")
    assert json.loads(pgproof("cache list", "--json")[1])[0]["kind"] == "template"


def test_a_dash_is_the_terminal_as_no_output_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said = []
    for output in ([], ["--output", "-"]):
        assert main(["ship-script", str(SHOP), *output]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert "psql -X -f THIS_FILE" in said[0]
    assert not list(tmp_path.iterdir())
