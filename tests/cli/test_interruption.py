"""Commands that are interrupted or killed: what was measured is kept, nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import storage
from bench.cli import main
from tests import ROOT, SHOP


@pytest.fixture(scope="module")
def cli_server() -> None:
    """No server runs on: the commands that are stopped have a process and a server of their own."""


def interrupted(
    cli_home: Path, tmp_path: Path, phase: str, how: signal.Signals, *more: str, command: str = "run", of: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Start a command on a workload, send the signal when ``phase`` is seen to have ended, wait for the end."""
    arguments = [
        sys.executable,
        "-u",
        "-m",
        "bench",
        command,
        str(of),
        "--scale",
        "1k",
        "--home",
        str(cli_home),
        *more,
    ]
    env = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        arguments,
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        seen = ""
        for line in process.stdout:
            seen += line
            if line.startswith(phase):
                break
        deadline = time.monotonic() + 60
        while phase == "comparing results" and not measured(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.1)
        os.killpg(process.pid, how)  # as a terminal does: to the whole foreground group
        out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(arguments, process.returncode, seen + out, err)


def measured(folder: Path) -> bool:
    """Whether a run there has kept something of what it measures."""
    return any(storage.load(storage.RUN, stored).pairs for stored in folder.glob("reports/*/run.json"))


def test_a_killed_run_leaves_nothing_that_the_next_takes_for_finished(
    cli_home: Path, tmp_path: Path, pgproof: Callable
) -> None:
    pgproof("cache clear")
    done = interrupted(cli_home, tmp_path, "crm:", signal.SIGKILL)
    assert done.returncode == -signal.SIGKILL
    status, printed = pgproof("run", ROOT, "--leads", "1k", "--query", "pipeline_board")
    assert status == 0, printed
    assert "loading rows" in printed


def test_ctrl_c_while_measuring_keeps_the_part_that_was_measured(cli_home: Path, tmp_path: Path) -> None:
    """On the dataset that the test before filled."""
    long = ("--query", "pipeline_board", "--rounds", "320", "--budget", "600")
    done = interrupted(cli_home, tmp_path, "comparing results", signal.SIGINT, *long)
    assert done.returncode == 130, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("interrupted: the part that was measured is kept: reports/")
    assert f"to begin again: pgproof run {ROOT} --scale 1k" in last
    (stored,) = (tmp_path / "reports").glob("*/run.json")
    seen = storage.load(storage.RUN, stored)
    assert seen.status == "interrupted"
    assert seen.pairs
    page = stored.with_name("report.html").read_text()
    assert ("Stopped (interrupted)" in page, "data-reloads" in page) == (True, False)
    assert main(["report", str(stored)]) == 0
    assert "Stopped (interrupted)" not in stored.with_name("report.html").read_text()


def test_ctrl_c_between_the_sides_keeps_those_that_were_measured(
    cli_home: Path, tmp_path: Path, pgproof: Callable
) -> None:
    done = interrupted(cli_home, tmp_path, "measuring write costs", signal.SIGINT, command="attribute", of=SHOP)
    assert done.returncode == 130, done.stderr
    (stored,) = (tmp_path / "reports").glob("*/run.json")
    found = storage.load(storage.RUN, stored).attribution
    assert found
    assert found.cells
    assert not found.shipped
    assert main(["report", str(stored)]) == 0
    assert "scratch" not in pgproof("cache list")[1]


def test_ctrl_c_while_loading_leaves_no_dataset_behind(cli_home: Path, tmp_path: Path, pgproof: Callable) -> None:
    pgproof("cache clear")
    done = interrupted(cli_home, tmp_path, "crm:", signal.SIGINT)
    assert done.returncode == 130, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith(
        "interrupted: nothing had been measured yet, so nothing is kept; to begin again: pgproof run"
    )
    assert list((tmp_path / "reports").iterdir()) == []  # nor the page that followed it
    assert "the cache is empty" in pgproof("cache list")[1]
