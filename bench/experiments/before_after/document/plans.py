"""The plans of a query: what changed, on common lines, as text, and what their words mean."""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.before_after.details import CellDetails, QueryDetails
from bench.experiments.before_after.document import words
from bench.experiments.before_after.summary import RunSummary
from bench.report.document import Block, Code, Facts, Fold, Plans, Sentences, Span
from bench.report.plans import ComparedPlans

PLAN = (
    "A plan is how the server answers: steps that pass rows upwards. Each step gets its rows from the steps below it "
    "that are indented further; the top one gives the answer. What both sides have in common, conditions and keys, is "
    "written on the left only."
)
TIMED = (
    "part of the time that the statement took inside the server in one execution with the clock read at every step, "
    "which makes steps with many loops look dearer than they are. Where that was not measured, part of the buffers."
)
UNTIMED = "part of the buffers of the plan: times of single steps were not measured."


def meanings(summary: RunSummary) -> Iterator[Block]:
    """The words that occur in the plans of the page, each once."""
    found = [cell.plans for one in summary.details for cell in one.cells if cell.plans]
    if found:
        kinds = dict(pair for plans in found for pair in plans.meanings)
        facts = (
            ("Rows", "rows that the step passed on, all loops together; below, the planner's guess where it differs."),
            ("Buffers", "blocks of 8 kB that the step itself read, from memory or disk; below, with all steps under "
             "it."),
            ("Share", TIMED if any(plans.timed for plans in found) else UNTIMED),
            ("Loops", "how often the step was run: once for each row of another."),
            *kinds.items(),
        )  # fmt: skip
        blocks = (Sentences((PLAN,), "paragraph", kind="meaning"), Facts(facts, "meanings"))
        yield Fold("What do the words in these plans mean?", blocks, "words", lazy=True)


def plans(one: QueryDetails, summary: RunSummary) -> Iterator[Block]:
    """The plans of each class, those of the hot one unfolded."""
    if any(cell.plans for cell in one.cells):
        link = Span("What their words mean", href="#words")
        yield Sentences((("Not used to plans? ", link, "."),), "paragraph", tone="quiet")
    hot = one.summary.hot
    for cell in one.cells:
        if cell.plans:
            opened = hot is not None and cell.summary.parameter_class == hot.parameter_class
            yield _plans(cell, cell.plans, one.summary.title, opened=opened)
    if any(cell.plans_left_out for cell in one.cells):
        said = f"A page of {len(summary.details)} queries has no room for the other plans: "
        command = Span(f"pgproof report run.json --query {one.query.name}", code=True)
        yield Sentences(((said, command, " shows all of this one."),), "paragraph", tone="quiet")


def _plans(cell: CellDetails, found: ComparedPlans, title: str, *, opened: bool) -> Fold:
    name = cell.summary.parameter_class
    common = "the same work stands on the same line" if len(found.measures) > 1 else "one side only"
    texts = tuple(Code(f"{name}, {state}", text, sql=False) for state, text in found.texts.items())
    copied = ("As EXPLAIN text ", Span("to be copied into any plan viewer", small=True))
    blocks = (
        Sentences(tuple((plain, Span(exact, small=True)) for plain, exact in found.said), "list", kind="changes"),
        Plans(f"Plans, {title}, {name}", f"Plans, {name}: {common}", found),
        Fold(copied, texts),
    )
    return Fold((f"Plans, {name} ", Span(_changed(cell), small=True)), blocks, opened=opened, lazy=True)


def _changed(cell: CellDetails) -> str:
    if cell.summary.plan_changed is None:
        return "one side only"
    return f"changed, {words.buffers(cell.summary)} buffers" if cell.summary.plan_changed else "unchanged"
