"""The package as a stranger gets it: built, installed into an empty environment elsewhere, run from there."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import storage
from tests import ROOT
from tests.conftest import make_home

SUBJECT = ("schema.sql", "optimizations.sql", "churn.sql", "pgproof.toml", "queries", "writes", "injections", "dataset")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder that has nothing to do with this one, and that an unprivileged server account can pass."""
    home = make_home()
    home.mkdir()
    yield home
    shutil.rmtree(home.parent)


def test_the_wheel_carries_the_whole_subject(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("bench/sample/")}
    here = [file for part in SUBJECT for file in [ROOT / part, *(ROOT / part).rglob("*")] if file.is_file()]
    wanted = {f"bench/sample/{f.relative_to(ROOT).as_posix()}" for f in here if "__pycache__" not in f.parts}
    assert held == wanted


def test_the_wheel_carries_no_tests_and_no_reports(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert tops == {"bench", "pytest_pgproof.py", next(top for top in tops if top.endswith(".dist-info"))}


@pytest.mark.slow
def test_an_installed_pgproof_runs_its_sample(wheel: Path, elsewhere: Path) -> None:
    venv.create(elsewhere / "env", with_pip=True)
    python = elsewhere / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(wheel)], check=True, capture_output=True)
    pgproof = elsewhere / "env" / "bin" / "pgproof"
    command = [pgproof, "run", "--leads", "3k", "--rounds", "2", "--budget", "0", "--no-attribution"]
    done = subprocess.run(
        [*command, "--home", elsewhere / "data"], cwd=elsewhere, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = storage.load(storage.RUN, elsewhere / "reports" / "latest" / "run.json")
    assert (seen.workload, seen.status, len(seen.queries)) == ("crm", "complete", 16)
    shipped = subprocess.run([pgproof, "ship-script"], cwd=elsewhere, capture_output=True, text=True, check=True)
    assert "CREATE INDEX CONCURRENTLY" in shipped.stdout
