"""A group that imports a command when it is called or asked for its help; that it exists is known from a table."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
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


class LazyGroup(click.Group):
    """A click group over a table of commands. Listing and completing their names imports none of them."""

    def __init__(self, *, table: Mapping[str, Entry], **settings: Any) -> None:  # noqa: ANN401 (click's own)
        super().__init__(**settings)
        self.table = table

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
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what click would write of the commands themselves."""
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names))
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._stand_in(name).get_short_help_str(limit)) for name in names])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the name of a command, or an option of the group."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=self._stand_in(name).get_short_help_str())
            for name in self.list_commands(ctx)
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def _stand_in(self, name: str) -> click.Command:
        return click.Command(name, help=self.table[name].about)
