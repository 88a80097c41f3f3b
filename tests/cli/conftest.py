"""Commands as a user types them, in one home."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.cli import main
from tests.conftest import kept_running, passing_home


@pytest.fixture(scope="session")
def cli_home(_pristine: Path) -> Iterator[Path]:
    """One home for all commands, so that the server is made once."""
    with passing_home(_pristine) as home:
        yield home


@pytest.fixture(scope="module")
def cli_server(cli_home: Path) -> Iterator[None]:
    """The server of that home runs on between the commands of a module."""
    with kept_running(cli_home):
        yield


@pytest.fixture
def pgproof(
    cli_home: Path, cli_server: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Run a command in-process; return the exit code and all that it printed."""

    def call(*arguments: str | Path) -> tuple[int, str]:
        command, rest = str(arguments[0]), [str(a) for a in arguments[1:]]
        extra = ["--output", str(tmp_path / "reports"), "--rounds", "3", "--budget", "0"] if command == "run" else []
        extra += (
            ["--no-attribution", "--no-coverage", "--no-aa"] if command == "run" and "--attribution" not in rest else []
        )
        home = [] if command == "report" else ["--home", str(cli_home)]
        status = main([*command.split(), *rest, *extra, *home])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return call
