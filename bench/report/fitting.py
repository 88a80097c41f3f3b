"""A table for the width that it gets: columns that matter less go first, then the name in front gives way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.table import Table
from rich.text import Text

NAME_LEAST = 12
"""Characters of the first column at least."""
BETWEEN = 2
"""Characters between two columns: the padding of rich's tables."""


@dataclass(frozen=True, slots=True)
class Column:
    """How a column is set, and which goes first where there is no room: the one of the highest ``rank``; 0 stays."""

    justify: JustifyMethod
    rank: int


@dataclass(frozen=True, slots=True)
class Fitting:
    """A table of ``rows`` by heading. The first column is a name, which is cut where nothing else helps."""

    columns: Mapping[str, Column]
    rows: Sequence[Mapping[str, Text]]
    shorter: Sequence[Mapping[str, Text]] = ()
    """The rows where not all of them fits."""
    name_width: int = 24
    """Characters of the first column for which other columns give way."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.table(options.max_width)

    def table(self, width: int) -> Table:
        """Give the table for ``width`` characters."""
        name, *rest = self.columns
        shown, rows = list(rest), self.rows
        wide = self._wide(rows)
        if self.shorter and self._needs(shown, wide) + min(wide[name], self.name_width) > width:
            rows = self.shorter
            wide = self._wide(rows)
        while self._needs(shown, wide) + min(wide[name], self.name_width) > width:
            first = max(shown, key=lambda heading: self.columns[heading].rank, default=name)
            if not shown or not self.columns[first].rank:
                break
            shown.remove(first)
        room = max(NAME_LEAST, width - self._needs(shown, wide))
        made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for heading in (name, *shown):
            least = min(wide[name], room) if heading == name else wide[heading]
            made.add_column(heading, justify=self.columns[heading].justify, no_wrap=True, min_width=least)
        for row in rows:
            cut = row[name].copy()
            cut.truncate(room, overflow="ellipsis")
            made.add_row(cut, *(row[heading] for heading in shown))
        return made

    def _wide(self, rows: Sequence[Mapping[str, Text]]) -> dict[str, int]:
        return {heading: max([cell_len(heading), *(row[heading].cell_len for row in rows)]) for heading in self.columns}

    def _needs(self, shown: Sequence[str], wide: Mapping[str, int]) -> int:
        return sum(wide[heading] + BETWEEN + 1 for heading in shown)
