"""What is typed wrongly is refused in a line that names it, with what to do in another, before a server is started.

``wrong_input.txt`` has a block for each: the line that is typed, and all that is then printed. Of every option of every
command a wrong value is tried: the one that a block has for it.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from bench import storage
from bench.cli import cli, main
from bench.cli.commands import COMMANDS
from bench.errors import ServerError
from bench.experiments.gate.record import BASELINE
from bench.postgres.servers import SERVERS
from tests import ROOT, SHOP
from tests.builders import gates

RUNS = ROOT / "tests" / "golden" / "runs"
BASE = {
    "compare": "reports/run reports/run", "history": "reports", "report": "reports/run", "init": "schema.sql made",
    "reproduce": "reports/run latest_orders/hot --execute", "scale": "shop --from 1k --to 4k", "doctor": "",
    "cache list": "",
    "cache clear": "", "settings": "shop --group 'a: jit=on'", "gate": "shop --counters-only --baseline kept.json",
}  # fmt: skip
"""What each command needs to be right but for one option; the others need a workload."""
OF_A_SCHEMA = ("--queries", "--encoding", "--prelude", "--strict", "--fire-triggers")


class Block(NamedTuple):
    """What is typed, and what is printed."""

    line: str
    printed: str

    @property
    def code(self) -> int:
        """A baseline that cannot be read has a code of its own."""
        return 3 if self.line.startswith("gate") and "--base " not in self.line else 2


def blocks() -> list[Block]:
    text = Path(__file__).with_name("wrong_input.txt").read_text()
    typed = [part.partition("\n") for part in text.split("$ pgproof ")[1:]]
    return [Block(line, printed.strip()) for line, _, printed in typed]


BLOCKS = blocks()


def options() -> Iterator[tuple[str, click.Option]]:
    """Every option of every command."""
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        inner = command.commands if isinstance(command, click.Group) else {"": command}
        for one, leaf in inner.items():
            assert leaf
            for option in leaf.params:
                if isinstance(option, click.Option):
                    yield f"{name} {one}".strip(), option


def wrong_values() -> dict[tuple[str, str], list[str]]:
    """Option to the words that are wrong with it: those at the end of the first line that ends with it. Under the name
    of its command, and under none for all others."""
    found: dict[tuple[str, str], list[str]] = {}
    for block in BLOCKS:
        command, *words = shlex.split(block.line)
        if places := [place for place, word in enumerate(words) if word.startswith("--")]:
            for of in (command, ""):
                found.setdefault((of, words[places[-1]]), words[places[-1] :])
    return found


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a workload, a schema, stored results, and what is none of them."""
    folder = tmp_path_factory.mktemp("wrong")
    shutil.copytree(SHOP, folder / "shop")
    for name, kept in {"run": "run/plain/run.json", "load": "load/load.json", "scale": "scale/scale.json"}.items():
        (folder / "reports" / name).mkdir(parents=True)
        shutil.copy(RUNS / kept, folder / "reports" / name)
    shutil.copy(RUNS / "load" / "load.json", folder / "renamed.json")
    shutil.copy(SHOP / "schema.sql", folder)
    (folder / "notes.txt").write_text("hello\n")
    (folder / "empty.json").write_text("")
    (folder / "cut.json").write_bytes((RUNS / "run/plain/run.json").read_bytes()[:500])
    (folder / "nothing").mkdir()
    storage.save(gates.baseline(), BASELINE, folder / "kept.json")
    shutil.copytree(SHOP, folder / "picky")
    picky = 'def tables(scale, seed, skew):\n    raise ValueError("needs at least 100 orders")\n'
    (folder / "picky" / "dataset" / "__init__.py").write_text(picky)
    return folder


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one would be started or connected to, that is what is said."""

    @contextmanager
    def nobody(_options: object) -> Iterator[None]:
        raise ServerError("a server would be started")
        yield

    monkeypatch.delenv("PGPROOF_DSN", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    for kind in SERVERS.keys() - {"dsn"}:
        monkeypatch.setitem(SERVERS, kind, nobody)


def test_there_are_many() -> None:
    assert len({block.line for block in BLOCKS}) == len(BLOCKS) >= 60


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.line)
def test_what_is_typed_wrongly_is_told(block: Block, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with chdir(here):
        code = main(shlex.split(block.line))
    printed = capsys.readouterr()
    assert (printed.err.rstrip(), printed.out, code) == (block.printed, "", block.code)


def test_every_option_of_every_command_refuses_what_is_wrong(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong, told = wrong_values(), []
    for command, option in options():
        name = max(option.opts, key=len)
        words = [f"{name}=yes"] if option.is_flag else wrong.get((command, name)) or wrong["", name]
        base = "schema.sql made" if command == "init" else BASE.get(command, "shop")
        if name in OF_A_SCHEMA and not option.is_flag and command != "init":
            base = "schema.sql"
        with chdir(here):
            code = main([*command.split(), *shlex.split(base), *words])
        lines = capsys.readouterr().err.splitlines()
        named = any(word in " ".join(lines) for word in (*option.opts, words[-1]))
        if code not in (2, 3) or not 1 <= len(lines) <= 2 or "a server would" in lines[0] or not named:
            told.append((command, words, code, lines))
    assert not told
