"""The result of a gate on a terminal: the verdict, what fails and why, the rest in a line each, what to type next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bench.experiments.gate import sentences
from bench.experiments.gate.record import WORDS, CellResult, GateResult, Overall, Word
from bench.report.text import one_line

# The word carries the meaning; sign and colour only help to find it.
SHOWN: dict[Word, tuple[str, str]] = {
    "regression": ("✗", "bold red"),
    "inconclusive": ("?", "yellow"),
    "plan changed": ("~", "yellow"),
    "improvement": ("✓", "green"),
    "accepted": ("!", "yellow"),
    "not compared": ("?", "yellow"),
    "new": ("+", ""),
    "gone": ("-", ""),
    "pass": ("✓", "green"),
}
VERDICTS: dict[Overall, tuple[str, str]] = {
    "pass": ("✓", "bold green"),
    "improvement": ("✓", "bold green"),
    "regression": ("✗", "bold red"),
    "inconclusive": ("?", "bold yellow"),
    "incompatible": ("‼", "bold yellow"),
}
BRIEF: tuple[Word, ...] = ("new", "gone", "pass")
"""Cells of these verdicts share one line: there is nothing to explain."""
CELLS_MOST = 20
"""Of one verdict, explained one by one; the others are counted. All are in the files."""
NAME_MOST, LINE_MOST = 80, 400


def show(result: GateResult) -> RenderableType:
    """Give the verdict, the cells, the noise and the hint. Text from data is never read as markup."""
    sign, style = VERDICTS[result.overall]
    parts: list[RenderableType] = [_line(f"{sign} {sentences.sentence(result)}", style=style)]
    if result.cells:
        parts += [_line(sentences.tally(result)), _line(sentences.against(result), style="dim")]
    parts += [_line(f"‼ {reason}", style="yellow") for reason in result.incompatible]
    for word in WORDS:
        if cells := sentences.of(result, word):
            parts += [Text(""), *(_brief(word, cells) if word in BRIEF else _section(word, cells))]
    parts += _noise(result)
    if result.notes:
        parts += [Text(""), *(_line(f"note: {note}", style="dim") for note in result.notes)]
    if result.hint:
        parts += [Text(""), _line(f"next: {result.hint}", style="bold")]
    return Group(*parts)


def _section(word: Word, cells: Sequence[CellResult]) -> Iterator[RenderableType]:
    sign, style = SHOWN[word]
    for cell in cells[:CELLS_MOST]:
        yield _line(f"{sign} {word}: {one_line(sentences.name(cell), NAME_MOST)}", style=style)
        yield from (_inner(str(fact)) for fact in sentences.facts(cell))
    if len(cells) > CELLS_MOST:
        yield _line(f"{sign} {len(cells) - CELLS_MOST:,} more {word}, all in gate.json", style=style)


def _brief(word: Word, cells: Sequence[CellResult]) -> Iterator[RenderableType]:
    sign, style = SHOWN[word]
    yield _line(f"{sign} {len(cells):,} {word}: {sentences.listing(cells)}", style=style)
    remarks = [(cell, reason) for cell in cells for reason in cell.reasons]
    yield from (
        _inner(f"{one_line(sentences.name(cell), NAME_MOST)}: {reason}") for cell, reason in remarks[:CELLS_MOST]
    )
    if len(remarks) > CELLS_MOST:
        yield _inner(f"{len(remarks) - CELLS_MOST:,} more remarks, all in gate.json")


def _noise(result: GateResult) -> Iterator[RenderableType]:
    found = sentences.noisiest(result, sentences.NOISE_MOST)
    if not found:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("cells that can see least", overflow="ellipsis", no_wrap=True, min_width=10)
    table.add_column("noise of a pair", justify="right", no_wrap=True)
    table.add_column("cannot see less than", justify="right", no_wrap=True)
    for cell, spread, least in found:
        table.add_row(Text(one_line(sentences.name(cell), NAME_MOST)), f"{spread:.1%}", f"{least:.0%}")
    yield from (Text(""), table)
    if result.controls:
        yield _line(sentences.controls(result), style="dim")


def _inner(text: str) -> RenderableType:
    return Padding(_line(text), (0, 0, 0, 4), expand=False)


def _line(text: str, *, style: str = "") -> Text:
    return Text(one_line(text, LINE_MOST), style=style)
