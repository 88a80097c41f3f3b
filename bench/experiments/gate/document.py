"""A gate as a document: the verdict, what did not pass and why, and how much it could see."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bench.experiments import about
from bench.experiments.entries import judged
from bench.experiments.experiment import Experiment, Outcome
from bench.experiments.gate import sentences
from bench.experiments.gate.findings import findings
from bench.experiments.gate.record import GATE, VERDICTS, CellVerdict, GateResult, Overall
from bench.experiments.gate.summary import CellSummary, GateSummary, summarize
from bench.model import vocabulary
from bench.overview.record import Answers
from bench.report import junit, numbers
from bench.report.document import (
    GAP,
    MARKDOWN,
    PAGE,
    TERMINAL,
    Block,
    Cell,
    Code,
    Column,
    Document,
    Facts,
    Fold,
    Plans,
    Section,
    Sentences,
    Span,
    Table,
    Tone,
    verdict,
)
from bench.report.markdown import NAME, PROSE
from bench.report.numbers import plural
from bench.report.text import one_line
from bench.timestamps import when

BRIEF: tuple[CellVerdict, ...] = ("new", "gone", "pass")
"""Cells of these verdicts share one line on a terminal: there is nothing to explain."""
CELLS_MOST = 20
"""Of one verdict, explained one by one on a terminal; the others are counted. All are in the files."""
ROWS_MOST = 60
"""Of the table of cells in Markdown: what comes first is worse, and its details are worth more than the last rows."""
NOISE_MOST = 5
"""Cells on a terminal."""
LISTED_MOST = 40
OPENED_MOST = 12
"""Regressions that a page shows opened: more are a list, from which one chooses."""
PLANS_MOST = 60
"""Cells whose plans a page has, the worst first."""
COLUMN = 160
"""Characters of a text in the table: its details have the rest."""
INDENT = 4
NAME_MOST = 80
"""Characters of a cell where it has a line."""


def document(result: GateResult, summary: GateSummary) -> Document:
    """Place what a gate says."""
    return Document(
        experiment="gate",
        file="gate",
        title=f"{result.workload}: the gate",
        markdown_title="",
        headline=summary.sentence,
        mark=vocabulary.mark(result.overall),
        comments=("pgproof gate", f"workload: {re.sub(r'[^a-zA-Z0-9_.]+', '_', result.workload)[:NAME]}"),
        facts=("gate", _size(result), when(result.started_at)),
        alarms=(),
        lead=tuple(_lead(result, summary)),
        sections=(
            Section("cells", "What did not pass", tuple(_failed(summary)), headed=PAGE, formats=PAGE | MARKDOWN),
            Section("next", "", (*_next(result), _environment(result)), headed=frozenset(), formats=MARKDOWN),
            Section("explained", "", tuple(_explained(summary)), headed=frozenset(), formats=TERMINAL),
            Section("details", "Each in detail", tuple(_details(summary)), headed=PAGE, formats=PAGE | MARKDOWN),
            Section("noise", "What this gate could see", tuple(_noise(summary)), headed=PAGE),
            Section("notes", "", tuple(_ending(result)), headed=frozenset(), formats=TERMINAL),
            _about(result),
        ),
        pgproof=result.pgproof,
        footer=f"Made by pgproof {result.pgproof} from gate.json.",
        styles=("plan.css",),
    )


def _size(result: GateResult) -> str:
    return f"{result.workload}, {result.scale:,} {result.unit}" if result.scale else result.workload


def _lead(result: GateResult, summary: GateSummary) -> Iterator[Block]:
    if result.cells:
        yield Sentences((f"{summary.tally}. {summary.against}.",), style="paragraph", formats=PAGE | MARKDOWN)
        yield Sentences((summary.tally,), formats=TERMINAL)
        yield Sentences((summary.against,), tone="quiet", formats=TERMINAL)
    yield Sentences(result.incompatible, style="list", most=PROSE, formats=PAGE | MARKDOWN)
    yield Sentences(result.incompatible, mark="‼ ", tone="open", formats=TERMINAL)
    yield from (replace(one, formats=PAGE) for one in _next(result))


def _failed(summary: GateSummary) -> Iterator[Block]:
    said, name, *others = (Column(one) for one in ("Verdict", "Query, class", "What moved", "Likely cause", "Where"))
    rows = [
        (
            Cell(verdict(one.cell.word)), Cell(one_line(one.name, NAME)), Cell(one_line(one.headline, COLUMN)),
            Cell(one_line(one.because, COLUMN)), Cell(one_line(one.place, NAME)),
        )
        for one in summary.failed
    ]  # fmt: skip
    label, named = "Table: What did not pass", tuple((row[1], row[0], *row[2:]) for row in rows)
    yield Table(label, (name, said, *others), named, sortable=True, kind="overview", cards=True, formats=PAGE)
    yield Table(label, (said, name, *others), tuple(rows[:ROWS_MOST]), formats=MARKDOWN)
    if len(rows) > ROWS_MOST:
        more = f"{len(rows) - ROWS_MOST:,} more that did not pass are in gate.json."
        yield Sentences((more,), style="paragraph", formats=MARKDOWN)


def _next(result: GateResult) -> Iterator[Sentences]:
    if result.hint:
        yield Sentences(((Span("Next:", bold=True), f" {result.hint}"),), style="paragraph", most=PROSE)


# -------------------------------------------------------------------------------------------------- cell by cell
def _details(summary: GateSummary) -> Iterator[Block]:
    for place, one in enumerate(summary.failed):
        facts = Sentences(tuple(str(fact) for fact in one.facts), style="list", most=PROSE)
        opened = one.cell.word == "regression" and place < OPENED_MOST
        plans = _plans(one, opened=opened) if place < PLANS_MOST else ()
        yield Fold(f"{one_line(one.name, NAME)}: {one.cell.word}", (facts, *plans), opened=opened)
    if passed := summary.of("pass"):
        cells = [one.cell for one in passed]
        lines = (sentences.listing(cells, LISTED_MOST), *_remarks(passed)[:LISTED_MOST])
        verb = "passes" if len(passed) == 1 else "pass"
        said = Sentences(lines, style="list", most=10 * PROSE)
        yield Fold(f"{plural(len(passed), 'cell')} {verb}", (said,))


def _plans(one: CellSummary, *, opened: bool) -> Iterator[Block]:
    """Both plans on common lines, with the line that did it; a page has them."""
    if one.plans is None:
        return
    name, found = one_line(one.name, NAME_MOST), one.plans
    if found.sentence:
        yield Sentences((f"Line {found.did_it} did it: {found.sentence}",), style="paragraph", formats=PAGE)
        yield Sentences((f"This step did it: {found.sentence}",), style="paragraph", most=PROSE, formats=MARKDOWN)
    same = "Before is the base, after what is judged; the same work stands on the same line"
    plans = Plans(f"Plans, {name}", same, found.compared, marked=found.did_it)
    texts = tuple(Code(f"{name}, {state}", text, sql=False) for state, text in found.compared.texts.items())
    copied = Fold("As text", texts, lazy=True, formats=PAGE)
    yield Fold("Both plans", (plans, copied), opened=opened, lazy=True, formats=PAGE)


def _remarks(cells: Sequence[CellSummary]) -> list[str]:
    return [f"{one_line(one.name, NAME_MOST)}: {reason}" for one in cells for reason in one.cell.reasons]


def _explained(summary: GateSummary) -> Iterator[Block]:
    for one in VERDICTS:
        if cells := summary.shown(one):
            yield from _together(one, cells) if one in BRIEF else _one_by_one(one, cells)


def _one_by_one(said: CellVerdict, cells: Sequence[CellSummary]) -> Iterator[Block]:
    for one in cells[:CELLS_MOST]:
        yield _line(said, f"{said}: {one_line(one.name, NAME_MOST)}", gap=one is cells[0])
        yield Sentences(tuple(str(fact) for fact in one.facts), indent=INDENT)
    if len(cells) > CELLS_MOST:
        yield _line(said, f"{len(cells) - CELLS_MOST:,} more {said}, all in gate.json")


def _together(said: CellVerdict, cells: Sequence[CellSummary]) -> Iterator[Block]:
    yield _line(said, f"{len(cells):,} {said}: {sentences.listing([one.cell for one in cells])}", gap=True)
    remarks = _remarks(cells)
    yield Sentences(tuple(remarks[:CELLS_MOST]), indent=INDENT)
    if len(remarks) > CELLS_MOST:
        yield Sentences((f"{len(remarks) - CELLS_MOST:,} more remarks, all in gate.json",), indent=INDENT)


def _line(said: CellVerdict, text: str, *, gap: bool = False) -> Sentences:
    mark = vocabulary.mark(said)
    loud: Tone = "strong" if said == "regression" else ""
    return Sentences((Span(f"{mark.sign} {text}", tone=mark.tone),), tone=loud, gap=gap)


# -------------------------------------------------------------------------------------------- noise, environment
def _noise(summary: GateSummary) -> Iterator[Block]:
    if not summary.noise:
        return
    names = "Query, class", "Noise of a pair", "Cannot see less than"
    rows = tuple(
        (Cell(one_line(one.name, NAME_MOST)), Cell(f"{one.spread:.1%}"), Cell(f"{one.detectable:.0%}"))
        for one in summary.noise
    )
    label, controls = "Table: What this gate could see", (summary.controls,) if summary.controls else ()
    table = Table(label, _columns(*names), rows[:LISTED_MOST], formats=MARKDOWN)
    said = Sentences(controls, style="paragraph", formats=PAGE | MARKDOWN)
    yield Fold("What this gate could see", (table, said), formats=MARKDOWN)
    yield Table(label, _columns(*names), rows, sortable=True, formats=PAGE)
    yield Sentences(controls, style="paragraph", formats=PAGE)
    yield GAP
    names = "cells that can see least", "noise of a pair", "cannot see less than"
    yield Table(label, _columns(*names), rows[:NOISE_MOST], formats=TERMINAL)
    yield Sentences(controls, tone="quiet", formats=TERMINAL)


def _columns(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, number=place > 0) for place, name in enumerate(names))


def _ending(result: GateResult) -> Iterator[Block]:
    yield Sentences(result.notes, mark="note: ", tone="quiet", gap=True)
    if result.hint:
        yield Sentences((f"next: {result.hint}",), tone="strong", gap=True)


def _environment(result: GateResult) -> Sentences:
    facts = [*result.notes]
    if result.server and result.machine:
        machine = f"{about.machine(result.machine)[1]}, {result.machine.system}"
        facts.append(f"pgproof {result.pgproof}, {about.server(result.server)[1]} on {machine}")
        facts += about.forced_sentences(result.server)
    took = f", {numbers.seconds(sum(result.phases_s.values()))}" if result.phases_s else ""
    facts.append(f"workload {_size(result)}; base {result.base}, head {result.head}; {when(result.started_at)}{took}")
    return Sentences(tuple(facts), style="list", most=PROSE)


def _about(result: GateResult) -> Section:
    facts = [
        ("Base", result.base), ("Head", result.head), ("Target", f"p95 within {numbers.ms(result.target_ms)}"),
    ]  # fmt: skip
    if result.phases_s:
        facts.append(("Took", numbers.seconds(sum(result.phases_s.values()))))
    if result.server and result.machine:
        facts += [about.server(result.server), *about.forced(result.server), about.machine(result.machine)]
    blocks = Facts(tuple(facts)), Sentences(result.notes, style="list", tone="quiet")
    return Section("about", "About this gate", blocks, nav="About", formats=PAGE)


def _junit(result: GateResult, summary: GateSummary) -> str:
    seconds = sum(result.phases_s.values())
    suite = junit.Suite(result.workload, tuple(findings(result, summary)), seconds)
    return junit.render("pgproof gate", [suite], result.started_at, seconds)


OUTCOMES: Mapping[Overall, Outcome] = {
    "pass": "", "improvement": "", "regression": "differs", "incompatible": "incompatible",
    "inconclusive": "inconclusive",
}  # fmt: skip


def _answers(result: GateResult, _summary: GateSummary) -> Answers:
    tone = vocabulary.mark(result.overall).tone
    return {"gate": judged(no=tone == "over", unknown=tone != "good")}


EXPERIMENT = Experiment(
    name="gate",
    kind=GATE,
    summarize=summarize,
    document=document,
    page="gate.html",
    page_is="gate",
    findings=findings,
    others={"gate.junit.xml": _junit},
    outcome=lambda result: OUTCOMES[result.overall],
    smallest=("--scale", "1k", "--counters-only"),
    answers=_answers,
)
