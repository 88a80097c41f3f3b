"""Every command line in the code blocks of README.md and docs/ works as it is written there, in the repository.

Of the commands that measure one line each is carried out, at a small size and on the example; the other lines go as far
as the server, so that their options, names and files are right. In an empty folder: ``tests/test_wheel.py``.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from packaging.requirements import Requirement

from bench.cli import cli
from tests import ROOT
from tests.builders.documented import AS_FAR_AS_THE_SERVER, SMALL, Line, attempt, carried_out, lines
from tests.builders.shops import git

pytestmark = pytest.mark.slow
LINES = lines()
SHOP = "examples/shop"

NOT_HERE = {
    "pgproof run --server docker": "needs a container engine: tests/postgres/servers runs one",
    "PGPROOF_DSN=": "needs a server that is there already: tests/cli/test_cli.py has one",
    "make test": "would begin this test again",
    "pip install": "installs from a registry",
    "psql": "changes a live database: tests/shipping carries such scripts out",
}
"""Beginnings of lines that are not carried out, and why; what can be known of them without that is asked for."""


def of(program: str) -> list[Line]:
    return [line for line in LINES if line.program == program]


def lines_of(program: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("line", of(program), ids=lambda line: f"{line.page}: {line.text}")


def skip_where_not_here(line: Line) -> None:
    for beginning, reason in NOT_HERE.items():
        if line.text.startswith(beginning):
            pytest.skip(reason)


@pytest.fixture(scope="module")
def caches(commands_home: Path) -> Path:
    """A cache folder for all lines, so that a dataset is made once."""
    return commands_home.rename(commands_home.with_name("pgproof")).parent


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository, since commands write into it, with an origin/main and the runs that are compared."""
    left_out = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".benchmarks", "reports")
    folder = Path(shutil.copytree(ROOT, tmp_path_factory.mktemp("copied") / "pgproof", ignore=left_out))
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "all")
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    runs = [folder / word for line in of("pgproof") if line.words[1] == "compare" for word in line.words[2:]]
    for run in runs:
        if run.name == "latest":
            run.symlink_to(runs[0].name)
        else:
            shutil.copytree(ROOT / "tests" / "golden" / "runs" / "run" / "plain", run)
    return folder


@pytest.fixture
def here(copied: Path, caches: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In the copy, as a reader would be who has set nothing."""
    for name in [name for name in os.environ if name.startswith(("PGPROOF", "GITHUB", "PYTEST_XDIST"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(caches))
    monkeypatch.setenv("CI_MERGE_REQUEST_DIFF_BASE_SHA", "HEAD")  # what GitLab sets
    monkeypatch.chdir(copied)
    return copied


def workload_of(command: str, rest: list[str]) -> Path | None:
    """What the line names; of a command that takes no workload, anything but None."""
    known = cli.get_command(click.Context(cli), command)
    assert known
    given: Path | None = known.make_context(command, list(rest)).params.get("workload", Path())
    return given


def small(line: Line) -> list[str]:
    """The arguments, with the small sizes behind, and the example where the line names no workload."""
    command, *rest = line.words[1:]
    if command not in SMALL:
        return [command, *rest]
    workload = [] if workload_of(command, rest) else [SHOP]
    return [command, *rest, *shlex.split(SMALL[command]), *workload]


def begun(here: Path, line: Line) -> None:
    """Do what the line builds on."""
    if line.words[1] == "compare":  # what is latest by then may be of one state, which has nothing to be compared with
        for word in line.words[2:]:
            if (latest := here / word).is_symlink():
                latest.unlink()
                latest.symlink_to(Path(line.words[2]).name)
    if line.words[1] == "gate" and not (here / SHOP / "baseline.json").exists():
        assert attempt(["baseline", SHOP, "--scale", "1k"], whole=True)[0] == 0


# ------------------------------------------------------------------------------------------------------ the lines
def test_the_documents_show_commands() -> None:
    assert len(of("pgproof")) > 25
    assert {line.program for line in LINES} == {"pgproof", "pytest", "make", "pip", "psql"}


def test_every_reason_not_to_carry_a_line_out_is_for_one_that_is_there() -> None:
    assert [beginning for beginning in NOT_HERE if not any(line.text.startswith(beginning) for line in LINES)] == []


@lines_of("pgproof")
def test_pgproof(line: Line, here: Path) -> None:
    if line in carried_out(of("pgproof")):
        begun(here, line)
        status, printed = attempt(small(line), whole=True)
        assert status == 0, printed
        return
    status, printed = attempt([os.path.expandvars(word) for word in line.words[1:]], whole=False)
    assert (status, AS_FAR_AS_THE_SERVER in printed) == (2, True), printed
    skip_where_not_here(line)


@lines_of("make")
def test_make(line: Line, here: Path) -> None:
    target = line.words[1]
    arguments = [f"VENV={sys.prefix}", f"--old-file={sys.prefix}/.ready", f"ARGS={SHOP} {SMALL['run']}"]
    if line.text.startswith(tuple(NOT_HERE)):
        arguments.append("--dry-run")
    env = os.environ | {"PYTHONPATH": str(here)}
    done = subprocess.run(
        ["make", target, *arguments], env=env, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert {"run": "report: reports/", "test": "pytest -m"}[target] in done.stdout
    skip_where_not_here(line)


def test_pytest(here: Path) -> None:
    """A line on the CRM, which has to come past what tests/conftest.py does to the tests collected with it."""
    line = next(line for line in of("pytest") if "lead_assignment_queue" in line.text)
    few = f"--ignore-glob={here / 'tests' / '*' / '*'}"  # to import all of them takes as long as the rest
    small = ("--pgproof-scale=1k", "--benchmark-max-time=0.01", "-p", "no:cacheprovider", few)
    command = [sys.executable, "-m", *line.words, *small]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lead_assignment_queue[hot-after]" in done.stdout


def test_options_and_files_of_pytest(here: Path) -> None:
    help_ = subprocess.run([sys.executable, "-m", "pytest", "--help"], capture_output=True, text=True, check=True)
    given = [word for line in of("pytest") for word in line.words[1:]]
    options = {word for word in given if word.startswith("--")}
    assert [option for option in options if option not in help_.stdout] == []
    assert [word for word in given if "/" in word and not (here / word).exists()] == []


@lines_of("pip")
def test_pip(line: Line) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = Requirement(line.words[-1])
    assert wanted.name == project["name"]
    assert wanted.extras <= set(project["optional-dependencies"])
    skip_where_not_here(line)


@lines_of("psql")
def test_psql(line: Line) -> None:
    made = line.words[-1]
    assert any(made in other.words for other in of("pgproof"))
    skip_where_not_here(line)
