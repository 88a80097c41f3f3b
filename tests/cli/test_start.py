"""pgproof starts at once: what no command was called for is not loaded, and what is listed without it is true."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.shell_completion import ShellComplete

from bench.cli import cli, main
from bench.cli.commands import COMMANDS
from bench.experiments import packages

ALLOWED = {"click", "bench"}
"""Top-level packages beside Python's own that may be there before a command is called."""
OURS = {"bench", "bench.cli", "bench.cli.codes", "bench.cli.commands", "bench.cli.lazy_group", "bench.errors"} | {
    "bench.experiments", *(package.__name__ for package in packages())
}  # fmt: skip
OF_AN_ERROR = {"bench.cli.complaints", "bench.suggestions"}
"""Loaded beside them where a line is wrong."""

LOADED = """
import sys
before = set(sys.modules)
from bench.cli import main
status = main(sys.argv[1:])
print("\\n", *sorted(set(sys.modules) - before), file=sys.stderr)
sys.exit(status)
"""


@pytest.fixture(scope="module")
def whole() -> click.Group:
    """The same commands in a group of click's own, which knows each of them."""
    group = click.Group("pgproof", help=cli.help, params=cli.params)
    for name in COMMANDS:
        group.add_command(loaded(name), name)
    return group


def loaded(name: str) -> click.Command:
    command = cli.get_command(click.Context(cli), name)
    assert command
    return command


def completed(group: click.Group, arguments: list[str], incomplete: str) -> list[tuple[str, str]]:
    found = ShellComplete(group, {}, "pgproof", "_PGPROOF_COMPLETE").get_completions(arguments, incomplete)
    return [(item.value, item.type) for item in found]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["nonsense"]])
def test_nothing_is_loaded_before_a_command_is_called(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == (2 if arguments == ["nonsense"] else 0), done.stderr
    modules = set(done.stderr.splitlines()[-1].split())
    assert {name for name in modules if name.split(".")[0] == "bench"} == OURS | (
        OF_AN_ERROR if arguments == ["nonsense"] else set()
    )
    assert {name.split(".")[0] for name in modules} - sys.stdlib_module_names == ALLOWED


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_called_as_the_table_says(name: str) -> None:
    assert loaded(name).name == name


@pytest.mark.parametrize("incomplete", ["", "s", "ship-", "x", "--", "--v"])
def test_commands_are_completed_as_if_all_were_loaded(whole: click.Group, incomplete: str) -> None:
    assert completed(cli, [], incomplete) == completed(whole, [], incomplete)


def test_a_command_that_cannot_be_loaded_is_a_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "bench.cli.completion", None)  # an import of it fails
    assert main(["completion", "bash"]) == 4
    assert "this is a bug in pgproof" in capsys.readouterr().err
