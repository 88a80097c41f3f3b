"""The result of a gate as Markdown: a comment on a pull request, and the summary of a job. It always fits a comment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bench.experiments.gate import sentences
from bench.experiments.gate.record import WORDS, CellResult, GateResult, Overall, Word
from bench.report.markdown import LIMIT, NAME, PROSE, RESERVE, escape
from bench.report.numbers import plural, seconds, size

MARKER = "<!-- pgproof gate -->"
"""The first line, by which the next push finds the comment to update."""

SIGNS: dict[Word, str] = {
    "regression": "❌",
    "inconclusive": "❔",
    "plan changed": "🔀",
    "improvement": "✅",
    "accepted": "⚠️",
    "not compared": "❔",
    "new": "🆕",
    "gone": "➖",
    "pass": "✅",
}
VERDICTS: dict[Overall, str] = {
    "pass": "✅",
    "improvement": "✅",
    "regression": "❌",
    "inconclusive": "❔",
    "incompatible": "⚠️",
}
ROWS_MOST = 60
"""Of the table of cells: what comes first there is worse, and its details are worth more than the last rows."""
LISTED_MOST = 40
COLUMN = 160
"""Characters of a text in the table: its details have the rest."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the page that is shown whole or not at all, and what it is called when it is left out."""

    text: str
    what: str


def render(result: GateResult) -> str:
    """Write the verdict, a table of the cells that did not pass, and the details of each folded away.

    The page is in the order of importance; where it does not fit, its end is left out and said so.
    """
    title = f"## {VERDICTS[result.overall]} {escape(sentences.sentence(result), PROSE)}\n"
    parts = [
        Part(f"{MARKER}\n{_workload_marker(result)}\n{title}", "the verdict"),
        Part(_summary(result), "the summary"),
        *_table(result),
        Part(f"**Next:** {escape(result.hint, PROSE)}\n" if result.hint else "", "the hint"),
        Part(_environment(result), "the environment"),
        *(_details(cell) for word in WORDS if word != "pass" for cell in sentences.of(result, word)),
        Part(_passes(sentences.of(result, "pass")), "the cells that pass"),
        Part(_noise(result), "the noise"),
    ]
    return _fitted(part for part in parts if part.text)


def _fitted(parts: Iterable[Part]) -> str:
    """Join what fits. Bytes are counted, so that the text fits whichever way its characters are."""
    text, used, left_out = "", 0, Counter[str]()
    for part in parts:
        more = len(part.text.encode()) + 1
        if left_out or used + more > LIMIT - RESERVE:
            left_out[part.what] += 1
            continue
        text, used = f"{text}{part.text}\n", used + more
    if left_out:
        what = ", ".join(f"{name} ({count:,})" if count > 1 else name for name, count in left_out.items())
        text += f"\n*Left out, since it does not fit here: {what}. All of it is in gate.json.*\n"
    return text


def _workload_marker(result: GateResult) -> str:
    """Tell the comments of two workloads on one pull request apart."""
    return f"<!-- workload: {re.sub(r'[^a-zA-Z0-9_.]+', '_', result.workload)[:NAME]} -->"


def _summary(result: GateResult) -> str:
    lines = [f"{sentences.tally(result)}. {sentences.against(result)}.\n"] if result.cells else []
    if result.incompatible:
        lines += [*(f"- {escape(reason, PROSE)}" for reason in result.incompatible[:LISTED_MOST]), ""]
    return "\n".join(lines)


def _table(result: GateResult) -> Iterator[Part]:
    cells = [cell for word in WORDS if word != "pass" for cell in sentences.of(result, word)]
    if not cells:
        return
    left = len(cells) - ROWS_MOST
    more = f"\n*{left:,} more that did not pass are in gate.json.*\n" if left > 0 else ""
    yield Part("| Verdict | Query, class | What moved | Likely cause | Where |\n|---|---|---|---|---|", "the table")
    for number, cell in enumerate(cells[:ROWS_MOST], 1):
        columns = [
            f"{SIGNS[cell.word]} {cell.word}",
            escape(sentences.name(cell), NAME),
            escape(sentences.headline(cell), COLUMN),
            escape(sentences.expected(cell) or cell.cause, COLUMN),
            escape(sentences.place(cell), NAME),
        ]
        end = f"\n{more}" if number == min(len(cells), ROWS_MOST) else ""
        yield Part(f"| {' | '.join(columns)} |{end}", "rows of the table")


def _details(cell: CellResult) -> Part:
    facts = "\n".join(f"- {escape(str(fact), PROSE)}" for fact in sentences.facts(cell))
    title = f"{escape(sentences.name(cell), NAME)}: {cell.word}"
    return Part(f"<details><summary>{title}</summary>\n\n{facts}\n\n</details>\n", "details of cells")


def _passes(cells: Sequence[CellResult]) -> str:
    if not cells:
        return ""
    remarks = [(cell, reason) for cell in cells for reason in cell.reasons]
    lines = [f"- {escape(sentences.listing(cells, LISTED_MOST), 10 * PROSE)}"]
    lines += [f"- {escape(f'{sentences.name(cell)}: {reason}', PROSE)}" for cell, reason in remarks[:LISTED_MOST]]
    shown = "\n".join(lines)
    verb = "passes" if len(cells) == 1 else "pass"
    return f"<details><summary>{plural(len(cells), 'cell')} {verb}</summary>\n\n{shown}\n\n</details>\n"


def _noise(result: GateResult) -> str:
    found = sentences.noisiest(result, LISTED_MOST)
    if not found:
        return ""
    rows = ["| Query, class | Noise of a pair | Cannot see less than |", "|---|---:|---:|"]
    rows += [f"| {escape(sentences.name(cell), NAME)} | {spread:.1%} | {least:.0%} |" for cell, spread, least in found]
    after = f"\n{escape(sentences.controls(result), PROSE)}\n" if result.controls else ""
    table = "\n".join(rows)
    return f"<details><summary>What this gate could see</summary>\n\n{table}\n{after}\n</details>\n"


def _environment(result: GateResult) -> str:
    facts = [*result.notes[:LISTED_MOST]]
    if result.server and result.machine:
        machine = result.machine
        facts.append(
            f"pgproof {result.pgproof}, PostgreSQL {result.server.version} ({result.server.kind}) on {machine.cpu}, "
            f"{plural(machine.cores, 'core')}, {size(machine.memory_bytes)}, {machine.system}"
        )
    data = f"workload {result.workload}" + (f", {result.scale:,} {result.unit}" if result.scale else "")
    took = f", {seconds(sum(result.phases_s.values()))}" if result.phases_s else ""
    facts.append(f"{data}; base {result.base}, head {result.head}; {result.started_at}{took}")
    return "\n".join(f"- {escape(fact, PROSE)}" for fact in facts) + "\n"
