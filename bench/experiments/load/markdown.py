"""A load as Markdown: what a comment may hold, the most important first."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.load.document import Table, tables
from bench.experiments.load.record import LoadRun
from bench.experiments.load.summary import summarize_load
from bench.report.markdown import NAME, PROSE, escape, fitted


def render(run: LoadRun) -> str:
    """Write the headline, the alarms and the tables."""
    summary = summarize_load(run)
    title = f"{escape(run.workload, NAME)} under load: {escape(summary.headline, PROSE)}"
    sections: list[list[str]] = [
        [f"## {title}\n", *(f"> 🛑 **{escape(alarm, 2 * PROSE)}**\n" for alarm in summary.alarms)],
        [*(f"- {escape(one.sentence, PROSE)}" for one in summary.crossings), ""],
        *(list(grid(table)) for table in tables(run, summary)),
        [f"- {escape(note, PROSE)}" for note in summary.notes],
    ]
    return fitted(sections, "load.html")


def grid(table: Table) -> Iterator[str]:
    """Write a table with its title and caption."""
    yield f"### {table.title}\n"
    yield f"{table.caption}\n"
    yield f"| {' | '.join(table.headings)} |"
    yield f"|{'|'.join('---:' if cell.number else '---' for cell in table.rows[0])}|"
    for row in table.rows:
        shown = [escape(cell.text, NAME if cell.number or not place else PROSE) for place, cell in enumerate(row)]
        texts = [f"**{text}**" if cell.tone == "over" else text for cell, text in zip(row, shown, strict=True)]
        yield f"| {' | '.join(texts)} |"
    yield ""
