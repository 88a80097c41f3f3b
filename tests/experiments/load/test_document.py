"""A load in every format: safely, whole, and twice the same."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from bench.experiments.load.document import EXPERIMENT, document
from bench.experiments.load.record import InvariantSeen, LoadRun, LoadStep, MixPart
from bench.experiments.load.summary import summarize
from bench.report import markdown
from bench.report.html import render as html
from bench.report.markdown import LIMIT
from tests.builders import runs
from tests.builders.loads import load_run, step
from tests.experiments.before_after.test_document import Page


def at_rate(asked: float, skipped: int) -> LoadStep:
    return replace(step("after", 4, {2_000: 500}), purpose="rate", rate_tps=asked, skipped=skipped)


FULL = load_run(
    step("before", 1, {40_000: 200}), step("after", 1, {1_000: 900}), step("before", 4, {400_000: 90}),
    step("after", 4, {2_000: 1800}), at_rate(50, 0), at_rate(200, 900),
)  # fmt: skip
BROKEN = replace(FULL, steps=(replace(FULL.steps[0], invariants=(InvariantSeen("q", "n", False, "1; 2"),)),))
EVERY = {
    "full": FULL,
    "nothing": load_run(),
    "one client": load_run(step("before", 1, {1_000: 3})),
    "no transaction": load_run(step("after", 1, {})),
    "failed": load_run(replace(step("before", 1, {1: 1}), errors=("q: division by zero",)), status="failed"),
    "broken": BROKEN,
}


def page(run: LoadRun) -> str:
    return html.render(document(run, summarize(run)))


def in_markdown(run: LoadRun) -> str:
    return markdown.render(document(run, summarize(run)))


def on_terminal(run: LoadRun, width: int = 120) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False, color_system=None)
    console.print(EXPERIMENT.show(run))
    return console.file.getvalue()


@pytest.mark.parametrize("run", EVERY.values(), ids=EVERY)
def test_every_load_is_shown_and_twice_the_same(run: LoadRun) -> None:
    assert page(run) == page(run)
    assert len(in_markdown(run)) < LIMIT
    assert on_terminal(run).strip()
    assert Page(page(run)).text


def test_the_page_has_the_curves_with_words_and_all_tables() -> None:
    text = page(BROKEN)
    assert "<svg" in text
    assert 'aria-label="Throughput and p95 by number of clients. before, 1 client: 20.0/s, p95 40.0 ms."' in text
    for ident in ("clients", "queries", "waits", "invariants"):
        assert f'<section id="{ident}"' in text
    assert "VIOLATED in 1 of 1" in text


def test_a_saturated_rate_and_one_that_holds_say_so() -> None:
    text = in_markdown(FULL)
    assert "| 50.0/s | after | held | 2.00 ms | 2.00 ms | 2.00 ms | 50.0/s | 0 | 4 |" in text
    assert "**saturated**" in text


def test_a_violated_invariant_is_first_on_the_terminal() -> None:
    lines = on_terminal(BROKEN).splitlines()
    assert lines[0].startswith("1 invariant violated. ")
    assert lines[1] == "✗ before, 1 client: q broke 'n': 1; 2"


def test_a_narrow_terminal_loses_columns_and_no_line_breaks() -> None:
    assert max(len(line) for line in on_terminal(load_run(*FULL.steps), width=80).splitlines()) <= 80


def full_of(text: str) -> LoadRun:
    """A load in which everything that a workload can name is ``text``."""
    broken = InvariantSeen(text, text, held=False, detail=text)
    seen = replace(step("after", 4, {1_000: 9}, query=text), errors=(text,), invariants=(broken,), doing={text: 3})
    return replace(load_run(seen, text=text), notes=(text,), mix=(MixPart(text, text, 1, 1, writes=True),))


@pytest.mark.parametrize("text", runs.HOSTILE)
def test_what_comes_from_a_workload_is_only_text(text: str) -> None:
    assert Page(page(full_of(text))).structure == Page(page(full_of("q"))).structure
    assert "<script" not in in_markdown(full_of(text))
    assert "\x1b" not in on_terminal(full_of(text))
