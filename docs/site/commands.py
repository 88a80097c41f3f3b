"""Commands, options, and the words of the reports, as Markdown: from what --help and pgproof explain show."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from html import escape

import click

from bench.cli import cli
from bench.cli.commands import SECTIONS
from bench.cli.lazy_group import examples
from bench.report.glossary import Term, by_word, terms

MARKUP = re.compile(r"([\\`*_<>|\[\]])")


def commands() -> str:
    """A section for each command, under the headings of ``pgproof --help``."""
    root = click.Context(cli, info_name="pgproof", **cli.context_settings)
    lines = []
    for heading, names in SECTIONS.items():
        lines += [f"## {heading}", ""]
        for name in names:
            command = cli.get_command(root, name)
            assert command
            lines += _command(command, click.Context(command, info_name=name, parent=root), name)
    return "\n".join(lines)


def _command(command: click.Command, context: click.Context, name: str, level: str = "###") -> Iterator[str]:
    yield from (f"{level} {context.command_path}", "", f"    {command.get_usage(context).removeprefix('Usage: ')}", "")
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        shown = paragraph.startswith("\b\n")
        yield from (f"```\n{paragraph[2:]}\n```" if shown else _plain(paragraph), "")
    yield from _options(command, context)
    if name in examples():
        yield from ("```", *(f"{line}\n    {what}" for line, what in examples()[name]), "```", "")
    if isinstance(command, click.Group):
        for inner, one in command.commands.items():
            yield from _command(one, click.Context(one, info_name=inner, parent=context), f"{name} {inner}", "####")


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    records = [(one, one.get_help_record(context)) for one in command.params if isinstance(one, click.Option)]
    rows = [_row(option, *record) for option, record in records if record]
    if rows:
        yield from ("| option | what it does |", "|---|---|", *rows, "")


def _row(option: click.Option, names: str, what: str) -> str:
    cut = names.replace("|", r"\|")
    variable = f" Also: `{option.envvar}`." if isinstance(option.envvar, str) else ""
    return f"| `{cut}` | {_plain(what)}{variable} |"


def words() -> str:
    """A row for each term: its names, what it means, and where more stands."""
    return "\n".join(["| word | what it means |", "|---|---|", *map(_term, terms().values())])


def _term(term: Term) -> str:
    also = f" (also: {', '.join(map(_plain, term.also))})" if term.also else ""
    more = [f'see <a href="#{_place(one)}">{escape(one)}</a>' for one in term.see]
    more += [f"[more]({term.page})"] if term.page else []
    behind = f" ({'; '.join(more)})" if more else ""
    return f'| <span id="{_place(term.name)}"></span>**{_plain(term.name)}**{also} | {_plain(term.means)}{behind} |'


def _place(word: str) -> str:
    """Where a term stands on its page, whichever of its words is given."""
    known = by_word().get(word.lower())
    return "word-" + re.sub(r"[^a-z0-9]+", "-", (known.name if known else word).lower()).strip("-")


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, in one line."""
    return MARKUP.sub(r"\\\1", " ".join(text.split()))
