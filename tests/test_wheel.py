"""The package as a stranger gets it: built, installed elsewhere, run from an empty folder.

What it depends on is that of this environment, since to install all of it takes a minute; that it is declared, a test
of its own says.
"""

from __future__ import annotations

import ast
import json
import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bench import __version__, storage
from tests import ROOT
from tests.builders.documented import AS_FAR_AS_THE_SERVER, SMALL, Line, carried_out, lines
from tests.conftest import make_home

SUBJECT = (
    "schema.sql", "optimizations.sql", "churn.sql", "distribution.sql", "pgproof.toml", "queries", "citus", "writes",
    "injections", "dataset",
)  # fmt: skip
LINES = [line for line in lines() if line.program == "pgproof"]
OF_A_CLONE = ("examples/shop", "gate . ", "origin/main", ".venv/bin")
"""What makes a line one for a clone or a project: in an empty folder it is an error, which says what is missing."""
WITHOUT_MEASURING = {"baseline", "gate"}
"""Of the commands in SMALL those that are quick on the CRM too; the others go as far as the server: what they do after
that, ``tests/test_commands.py`` sees."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel: the one that CI has checked, or one built here."""
    if given := os.environ.get("BUILT_WHEEL"):
        return Path(given)
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@dataclass(frozen=True)
class Elsewhere:
    """A folder that has nothing to do with this one, and what is installed for it."""

    site: Path
    folder: Path

    def call(self, *command: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program there; ``tests`` is found, ``bench`` is the installed one."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PGPROOF", "GITHUB"))}
        env |= {"PYTHONPATH": f"{self.site}:{ROOT}", "XDG_CACHE_HOME": str(self.folder.parent)}
        env |= {"PATH": f"{self.site / 'bin'}:{os.environ['PATH']}"}
        return subprocess.run(
            command, cwd=self.folder, env=env, input=text, capture_output=True, text=True, check=False, timeout=1200
        )


@pytest.fixture(scope="module")
def elsewhere(wheel: Path) -> Iterator[Elsewhere]:
    """An empty folder that an unprivileged server account can pass, with the wheel installed beside it."""
    folder = make_home()
    folder.mkdir()
    site = folder.parent / "site"
    asked = ["--quiet", "--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *asked, "--target", str(site), str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    yield Elsewhere(site, folder)
    shutil.rmtree(folder.parent)


@pytest.fixture(scope="module")
def told(elsewhere: Elsewhere) -> dict[Line, tuple[int, str]]:
    """Exit code and output of each line, after a run of the sample, one after the other in one process."""
    (elsewhere.folder / "reports").mkdir()
    for word in {word for line in LINES if line.words[1] == "compare" for word in line.words[2:]} - {"reports/latest"}:
        (elsewhere.folder / word).symlink_to("latest")
    plain = ("--no-attribution", "--no-coverage", "--no-aa")  # its other parts: tests/experiments
    asked = [(["run", *shlex.split(SMALL["run"]), *plain], True)]
    asked += [([*line.words[1:], *small(line)], whole(line)) for line in LINES]
    done = elsewhere.call(sys.executable, "-m", "tests.builders.documented", text=json.dumps(asked))
    assert done.returncode == 0, done.stderr
    (status, printed), *others = map(tuple, json.loads(done.stdout))
    assert status == 0, printed
    return dict(zip(LINES, others, strict=True))


def whole(line: Line) -> bool:
    return line in carried_out(LINES) and (line.words[1] not in SMALL or line.words[1] in WITHOUT_MEASURING)


def small(line: Line) -> list[str]:
    return shlex.split(SMALL[line.words[1]]) if whole(line) and line.words[1] in SMALL else []


# ------------------------------------------------------------------------------------------------- what is in it
def test_the_wheel_carries_the_whole_subject(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("bench/sample/")}
    here = [file for part in SUBJECT for file in [ROOT / part, *(ROOT / part).rglob("*")] if file.is_file()]
    wanted = {f"bench/sample/{f.relative_to(ROOT).as_posix()}" for f in here if "__pycache__" not in f.parts}
    assert held == wanted


def test_the_wheel_carries_every_file_of_the_package(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    folders = [*(ROOT / "bench").rglob("*"), *(ROOT / "pgproof").rglob("*")]
    here = [file for file in folders if file.is_file() and "__pycache__" not in file.parts]
    assert {file.relative_to(ROOT).as_posix() for file in here} - held == set()


def test_the_wheel_carries_no_tests_and_no_reports(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert tops == {"bench", "pgproof", "pytest_pgproof.py", next(top for top in tops if top.endswith(".dist-info"))}


def test_the_wheel_declares_what_it_imports(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as files:
        (metadata,) = [name for name in files.namelist() if name.endswith("/METADATA")]
        wanted = [line.removeprefix("Requires-Dist: ") for line in files.read(metadata).decode().splitlines()
                  if line.startswith("Requires-Dist: ")]  # fmt: skip
        texts = [files.read(name) for name in files.namelist() if name.endswith(".py")]
    declared = {canonicalize_name(Requirement(text).name) for text in wanted}
    imported = {name.split(".")[0] for text in texts for name in imports(text)} - sys.stdlib_module_names
    imported -= {"bench", "dataset", "pgproof", "pytest_pgproof"}
    owners = packages_distributions()
    assert len(imported) > 10
    assert [name for name in imported if not {canonicalize_name(o) for o in owners.get(name, ())} & declared] == []


def imports(text: bytes) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


# ------------------------------------------------------------------------------------------------------ as installed
@pytest.mark.slow
def test_the_installed_script_answers(elsewhere: Elsewhere) -> None:
    done = elsewhere.call("pgproof", "--version")
    assert (done.returncode, done.stdout.split()[-1]) == (0, __version__), done.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("told")
def test_an_installed_pgproof_runs_its_sample(elsewhere: Elsewhere) -> None:
    asked = "import bench, pgproof; run = pgproof.load('reports/latest'); print(bench.__file__, pgproof.__file__)"
    *where, cells = elsewhere.call(sys.executable, "-c", f"{asked}; print(len(run.cells()))").stdout.split()
    assert [Path(one).is_relative_to(elsewhere.site) for one in where] == [True, True]
    assert int(cells) > 100
    seen = storage.load(storage.RUN, elsewhere.folder / "reports" / "latest" / "run.json")
    assert (seen.workload, seen.status, len(seen.queries)) == ("crm", "complete", 16)


@pytest.mark.slow
@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.page}: {line.text}")
def test_a_line_of_the_documents_works_in_an_empty_folder(line: Line, told: dict[Line, tuple[int, str]]) -> None:
    status, printed = told[line]
    if any(part in line.text for part in OF_A_CLONE):
        assert status == 2, printed
        assert "error: " in printed
        assert "Traceback" not in printed
    elif whole(line):
        assert status == 0, printed
    else:
        assert (status, AS_FAR_AS_THE_SERVER in printed) == (2, True), printed


@pytest.mark.slow
def test_what_ships_the_sample_is_there(elsewhere: Elsewhere, told: dict[Line, tuple[int, str]]) -> None:
    assert "CREATE INDEX CONCURRENTLY" in (elsewhere.folder / "ship.sql").read_text()
