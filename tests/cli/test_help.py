"""What ``--help`` says: whole sentences in groups, a default and a unit for every option, examples that work."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import click
import pytest

from bench.cli import cli, main
from bench.cli.commands import COMMANDS, SECTIONS
from bench.cli.lazy_group import examples
from bench.experiments.experiment import Experiment
from tests import ROOT, SHOP
from tests.builders.documented import AS_FAR_AS_THE_SERVER, attempt

UNITS = re.compile(
    r"\b(seconds?|minutes|milliseconds|GiB|WAL|percent|share|rows|units|number|how often|how many|times|transactions"
    r"|\d+MB|connections|processes|executions|slow-downs|tenants?|seed|often|values)\b", re.IGNORECASE,
)  # fmt: skip
RUN = ROOT / "tests" / "golden" / "runs" / "run"
NEEDS_A_SERVER = {
    "advise", "attribute", "baseline", "cache list", "cache clear", "check-up", "coverage", "dataset export", "gate",
    "init", "load", "maintain", "run", "scale", "schema", "selftest", "settings", "traps", "verify",
}  # fmt: skip


def leaves() -> Iterator[tuple[str, click.Command]]:
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", one) for inner, one in command.commands.items())
        else:
            yield name, command


def test_every_command_stands_under_one_heading() -> None:
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted(COMMANDS)


@pytest.mark.parametrize("width", [60, 110])
def test_the_list_has_whole_sentences(width: int) -> None:
    context = click.Context(cli, info_name="pgproof", terminal_width=width, max_content_width=width)
    said = " ".join(cli.get_help(context).split())
    assert "..." not in said.replace("[ARGS]...", "")
    for entry in COMMANDS.values():
        assert entry.about in said


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_what_the_command_itself_says(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command
    assert " ".join((command.help or "").split("\n\n")[0].split()) == COMMANDS[name].about


def test_every_option_says_its_default_and_its_unit() -> None:
    told = []
    for name, command in leaves():
        for option in command.params:
            if not isinstance(option, click.Option) or option.is_flag:
                continue
            said = (option.get_help_record(click.Context(command)) or ("", ""))[1]
            if not (option.required or "[default:" in said):
                told.append(f"{name} {option.opts[0]} has no default")
            if isinstance(option.type, (click.IntRange, click.FloatRange)) and not UNITS.search(said):
                told.append(f"{name} {option.opts[0]} has no unit: {said}")
    assert not told


def test_every_command_has_examples_and_shows_them(capsys: pytest.CaptureFixture[str]) -> None:
    for name, _ in leaves():
        assert name in examples()
    assert main(["report", "--help"]) == 0
    printed = capsys.readouterr().out
    assert all(line in printed and what in printed for line, what in examples()["report"])


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that the examples speak of."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copytree(SHOP, folder / "shop")
    shutil.copy(SHOP / "schema.sql", folder / "structure.sql")
    (folder / "shop" / "churn.sql").write_text("UPDATE orders SET status = status WHERE order_id % 7 = 0;\n")
    (folder / "slow.sql").write_text("SELECT count(*) FROM orders WHERE status = 'open'\n")
    for name in ("latest", "earlier"):
        shutil.copytree(RUN / "plain", folder / "reports" / name)
    shutil.copytree(RUN / "plain-later", folder / "reports" / "later")
    return folder


TOLD_FIRST = {
    "gate shop": "no such file", "gate shop --base origin/main --github": "",
    "scale shop --resume reports/latest-scale": "latest-scale/scale.json: no such file",
    "reproduce reports/latest open_orders/hot": "no such cell",
    "reproduce reports/latest open_orders/hot --state before --execute": "no such cell",
}  # fmt: skip
"""Examples that speak of what only an earlier command makes, and what is then said."""


@pytest.mark.parametrize(
    ("name", "line"), [(name, line) for name, lines in examples().items() for line, _ in lines if name != "cache"]
)
def test_an_example_works_as_it_stands(name: str, line: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.cli.names.SAMPLE", ROOT)
    monkeypatch.setattr(Experiment, "write", lambda *_: ())  # pages are for other tests, and take seconds
    words = shlex.split(line.partition(" >> ")[0])[1:]
    with chdir(here):
        code, printed = attempt(words, whole=False)
    if " ".join(words) in TOLD_FIRST:
        assert (code in (2, 3), TOLD_FIRST[" ".join(words)] in printed) == (True, True), printed
    elif name in NEEDS_A_SERVER or "--dsn" in words:
        assert (code, AS_FAR_AS_THE_SERVER in printed) == (2, True), printed
    else:
        assert code == 0, printed


def test_the_words_that_are_printed_have_no_colour_where_none_is_wanted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("click._compat.should_strip_ansi", lambda *_: False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["rn"]) == 2
    assert "\x1b" not in capsys.readouterr().err
