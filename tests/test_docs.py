"""What the documents say is true: commands, options, files, modules."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

import pytest_pgproof
from bench.cli import cli
from bench.cli.commands import COMMANDS
from bench.workload import CATEGORIES
from bench.workload.injections import _INJECTION_KEYS
from bench.workload.optimizations import _OPTIMIZATION_KEYS
from bench.workload.queries import _QUERY_KEYS
from tests import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def every_option(command: click.Command) -> set[str]:
    own = {o for parameter in command.params for o in (*parameter.opts, *parameter.secondary_opts)}
    return own.union(*(every_option(sub) for sub in subcommands(command)))


def subcommands(command: click.Command) -> list[click.Command]:
    if not isinstance(command, click.Group):
        return []
    context = click.Context(command)
    return [found for name in command.list_commands(context) if (found := command.get_command(context, name))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_exist(page: Path) -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_options_exist(page: Path) -> None:
    lines = [line for line in page.read_text().splitlines() if "pgproof " in line or "ARGS=" in line]
    named = {match for line in lines for match in re.findall(r"(?:`|bin/|  |' )pgproof ([a-z][a-z-]*)", line)}
    assert named <= set(COMMANDS)
    options = {option for line in lines for option in re.findall(r"(?<![\w-])(--[a-z][\w-]*)", line)}
    assert options <= every_option(cli) | {"--help", "--upgrade"}


def test_every_command_is_in_the_readme() -> None:
    assert [name for name in COMMANDS if f"pgproof {name}" not in text_of("README.md")] == []


def test_the_method_names_modules_that_exist() -> None:
    named = set(re.findall(r"`(bench/[\w/]+\.py)`", text_of("docs/method.md")))
    assert len(named) > 4
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_header_key_and_category_is_documented() -> None:
    page = text_of("docs/own-workload.md")
    assert [key for key in _QUERY_KEYS | _INJECTION_KEYS if f"`{key}" not in page] == []
    assert [key for key in _OPTIMIZATION_KEYS if f"-- {key}" not in page] == []
    assert [name for name in CATEGORIES if name not in page] == []


def test_every_setting_and_fixture_of_the_pytest_plugin_is_documented_and_there() -> None:
    page = text_of("docs/pytest.md")
    settings = {f"pgproof_{name}" for name in pytest_pgproof.SETTINGS}
    options = {f"--pgproof-{name}" for name in [*pytest_pgproof.SETTINGS, "check"]}
    fixtures = set(re.findall(r"@pytest.fixture\ndef (\w+)", Path(pytest_pgproof.__file__).read_text()))
    assert set(re.findall(r"--pgproof-\w+", page)) == options
    assert set(re.findall(r"\b(?:pgproof_|assert_[a-z])\w+", page)) == settings | fixtures
    assert len(fixtures) == 5


def test_every_key_of_extra_info_is_documented() -> None:
    page = text_of("docs/pytest.md").partition("### extra_info")[2].partition("###")[0]
    source = text_of("bench/pytest_plugin/timing.py")
    keys = set(re.findall(r'^ +"(\w+)": ', source, re.MULTILINE))
    keys |= set(re.findall(r"(\w+)=", source.partition("extra_info.update(\n")[2].partition(")")[0]))
    assert len(keys) > 12
    assert [key for key in keys if f"`{key}`" not in page] == []


def test_the_readme_s_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    wanted = set(re.findall(r"make ([a-z]+)", text_of("README.md") + text_of("CONTRIBUTING.md")))
    assert wanted <= targets


def test_ci_calls_what_the_readme_calls() -> None:
    script = text_of(".ci/run")
    assert "make lint" in script
    assert "make test" in script


def test_the_example_query_of_the_readme_is_the_example_s() -> None:
    shown = re.findall(r"```sql\n(.*?)```", text_of("README.md"), re.DOTALL)[0]
    real = " ".join(text_of("examples/shop/queries/latest_orders.sql").split())
    assert " ".join(shown.split()) == real


def test_exit_codes_are_those_of_the_code() -> None:
    from bench.cli import codes as module

    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", text_of("docs/commands.md"), re.MULTILINE)}
    used = {0} | {code for name, code in vars(module).items() if name.startswith("EXIT_")}
    assert codes == used
