"""A group that imports a command when it is called or asked for its help; that it exists is known from a table."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Entry(NamedTuple):
    """A line of the table."""

    path: str
    """Module and name of the click command: ``bench.cli.databases:verify``."""
    about: str
    """The first sentence of its help."""


TYPED = "pgproof.typed"
"""Where a context keeps the words that were typed: of an option with several names, click forgets which it was."""


def as_typed(*names: str) -> str:
    """Which of the names of an option was typed last; the first where none was."""
    context = click.get_current_context(silent=True)
    words = context.meta.get(TYPED, ()) if context else ()
    return next((name for word in reversed(words) if (name := word.partition("=")[0]) in names), names[0])


class LazyGroup(click.Group):
    """A click group over a table of commands. Listing and completing their names imports none of them."""

    def __init__(self, *, table: Mapping[str, Entry], sections: Mapping[str, Sequence[str]], **settings: Any) -> None:  # noqa: ANN401 (click's own)
        super().__init__(**settings)
        self.table = table
        self.sections = sections
        """Headings, and the commands under each, in the order of the help."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep what was typed, then parse it."""
        ctx.meta[TYPED] = tuple(args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names, sorted as click does."""
        return sorted(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command; None where there is none of that name."""
        if cmd_name not in self.table:
            return None
        module, _, name = self.table[cmd_name].path.partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        _show_examples(command, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the whole first sentence of each command, under the headings."""
        for heading, names in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl([(name, self.table[name].about) for name in names])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the name of a command, or an option of the group."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=self.table[name].about)
            for name in self.list_commands(ctx)
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)


def _show_examples(command: click.Command, name: str) -> None:
    """Put the examples of ``examples.toml`` below the help of a command, and of those of a group."""
    command.epilog = epilog(name)
    if isinstance(command, click.Group):
        for inner, one in command.commands.items():
            one.epilog = epilog(f"{name} {inner}")


@cache
def examples() -> Mapping[str, Sequence[tuple[str, str]]]:
    """Command to its examples: a line to type, and what it does."""
    return tomllib.loads(Path(__file__).with_name("examples.toml").read_text("utf-8"))


def epilog(name: str) -> str:
    """The examples of a command as click shows them: as they stand."""
    lines = [f"  {line}\n      {what}" for line, what in examples().get(name, ())]
    return "\b\nExamples:\n" + "\n".join(lines) if lines else ""
