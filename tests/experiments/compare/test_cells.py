"""One cell of two runs, and the optimizations beside it: what may be said, and in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.cells.cell import summarize_side
from bench.experiments.compare.cells import another_question, change, measured_cell
from bench.experiments.compare.optimizations import optimizations, text
from bench.experiments.compare.record import Change, OptimizationInRun
from bench.model import Binding, CellSide, Pair, Statement
from bench.statistics.quantiles import ratio
from tests.builders import runs

QUEUE = runs.pair()
WORSE = replace(QUEUE, after=QUEUE.before)
STOPPED = CellSide(samples=runs.samples(30_000, 2, censored=True))


def compared(base: Pair = QUEUE, head: Pair = QUEUE, state: str = "after", *, level: str = "times", **more) -> Change:
    seen = tuple(measured_cell(pair, state, 100.0) for pair in (base, head))
    same_target = more.pop("same_target", True)
    return change(runs.query(**more), state, (base, head), seen, level, same_target=same_target)


def after(**more: object) -> Pair:
    return replace(QUEUE, after=replace(QUEUE.after, **more))


def equality(**more: object) -> Pair:
    return replace(QUEUE, equality=replace(runs.EQUAL, **more))


@pytest.mark.parametrize(
    ("more", "measured"), [({"samples": ()}, True), ({"plan": None}, True), ({"error": "x"}, True)]
)
def test_a_cell_was_measured_where_anything_of_it_is_known(more: dict, measured: bool) -> None:
    assert (measured_cell(after(**more), "after", 100.0) is not None) is measured
    nothing = replace(QUEUE, after=CellSide())
    assert measured_cell(nothing, "after", 100.0) is None
    assert measured_cell(replace(QUEUE, after=CellSide(error="x")), "after", 100.0).summary.error == "x"
    assert measured_cell(replace(QUEUE, after=CellSide(plan=QUEUE.after.plan)), "after", 100.0).summary.n == 0


def test_a_measured_cell_has_the_hash_of_its_own_side_and_fails_where_it_differs() -> None:
    differs = replace(QUEUE, equality=runs.DIFFERENT)
    before, now = (measured_cell(differs, state, 1_000.0) for state in ("before", "after"))
    assert (before.result_hash, now.result_hash) == ("1f3a", "77b0")
    assert (before.summary.outcome, now.summary.outcome) == ("meets", "other rows")
    assert measured_cell(replace(QUEUE, equality=None), "after", 100.0).result_hash == ""
    assert [measured_cell(one, "after", 100.0).empty for one in (QUEUE, equality(rows_before=0, rows_after=0))] == [
        False,
        True,
    ]


def test_a_question_is_the_same_with_the_same_statement_and_the_same_parameters() -> None:
    one, other = runs.query(), runs.query(sql=f"{runs.query().sql}\n ")
    asked = replace(QUEUE, bindings=(Binding({"organization_id": "2"}),))
    assert another_question(one, other, QUEUE, QUEUE) == ""
    assert another_question(one, replace(one, sql="SELECT 1"), QUEUE, asked) == "another statement"
    assert another_question(one, other, QUEUE, asked) == "other parameters"
    assert (
        another_question(one, other, QUEUE, replace(QUEUE, bindings=(*QUEUE.bindings, *QUEUE.bindings)))
        == "other parameters"
    )


BROKEN = replace(QUEUE, after=CellSide(error="no table"))


@pytest.mark.parametrize(
    ("base", "head", "level", "why"),
    [
        (replace(QUEUE, after=CellSide()), QUEUE, "nothing", "not measured in both runs"),
        (QUEUE, replace(QUEUE, after=CellSide()), "times", "not measured in both runs"),
        (BROKEN, QUEUE, "nothing", "the runs do not compare"),
        (BROKEN, QUEUE, "times", "failed in one run"),
        (QUEUE, BROKEN, "times", "failed in one run"),
        (BROKEN, BROKEN, "times", "failed in both runs"),
        (replace(QUEUE, after=STOPPED), QUEUE, "counters", "no plan in one run: it ran into the timeout"),
        (QUEUE, replace(QUEUE, after=STOPPED), "times", "no plan in one run: it ran into the timeout"),
        (QUEUE, WORSE, "times", ""),
    ],
)
def test_why_a_cell_is_not_compared_is_said_the_gravest_first(base: Pair, head: Pair, level: str, why: str) -> None:
    assert compared(base, head, level=level).why_not == why


@pytest.mark.parametrize(
    ("base", "head", "other_rows", "both_empty"),
    [
        ({}, {}, False, False),
        ({"after_hash": "a"}, {"after_hash": "b"}, True, False),
        ({"after_hash": "b"}, {"after_hash": "a"}, True, False),
        ({"after_hash": ""}, {"after_hash": "b"}, False, False),
        ({"after_hash": "a"}, {"after_hash": ""}, False, False),
        ({"rows_before": 0, "rows_after": 0}, {"rows_before": 0, "rows_after": 0}, False, True),
        ({"rows_before": 0, "rows_after": 0}, {}, False, False),
        ({}, {"rows_before": 0, "rows_after": 0}, False, False),
    ],
)
def test_other_rows_are_told_where_both_hashes_are_known(
    base: dict, head: dict, other_rows: bool, both_empty: bool
) -> None:
    found = compared(equality(**base), equality(**head))
    assert (found.other_rows, found.both_empty) == (other_rows, both_empty)


def with_work(**more: int) -> Pair:
    plan = QUEUE.after.plan
    return after(plan=replace(plan, counters=replace(plan.counters, **more)))


@pytest.mark.parametrize(
    ("base", "head", "writes", "work", "counters"),
    [
        ({}, {}, False, "same", []),
        ({}, {"buffers": 900}, False, "more", ["buffers"]),
        ({"buffers": 900}, {}, False, "less", ["buffers"]),
        ({"buffers": 900}, {"rows": 900}, False, "more", ["rows touched"]),
        ({}, {"wal_bytes": 9_000}, False, "same", []),
        ({}, {"wal_bytes": 9_000}, True, "more", ["bytes of WAL"]),
        ({"wal_bytes": 9_000}, {}, True, "less", ["bytes of WAL"]),
        ({}, {"wal_bytes": 9_000, "wal_full_pages": 1}, True, "same", []),
        ({"wal_full_pages": 1}, {"wal_bytes": 9_000}, True, "same", []),
    ],
)
def test_work_is_compared_by_the_limits_of_the_gate(
    base: dict, head: dict, writes: bool, work: str, counters: list[str]
) -> None:
    found = compared(with_work(**base), with_work(**head), level="counters", writes=writes)
    assert (found.work, [one.counter for one in found.differences]) == (work, counters)
    assert (found.clock, found.ratio, found.goal) == ("not compared", None, "")


def test_what_the_plan_does_differently_is_told_of_another_plan_or_other_work() -> None:
    same, more, other = compared(), compared(head=with_work(buffers=900)), compared(head=WORSE)
    assert (same.plan_changed, same.plan, more.plan_changed, more.plan) == (False, (), False, ())
    assert other.plan_changed
    assert any("became Seq Scan on leads l" in words for words in other.plan)
    reads = after(plan=runs.seen(runs.limit(runs.scan("leads", index="leads_queue_idx", buffers=900))))
    assert compared(head=reads).plan == ("Index Scan using leads_queue_idx on leads l reads more, 6 → 900 buffers",)


def slower(factor: float) -> Pair:
    return after(samples=tuple(replace(one, ms=one.ms * factor) for one in QUEUE.after.samples))


@pytest.mark.parametrize(
    ("base", "head", "clock"),
    [
        (QUEUE, slower(1.5), "slower"),
        (slower(1.5), QUEUE, "faster"),
        (QUEUE, slower(1.02), "same"),
        (QUEUE, after(samples=QUEUE.after.samples[:4]), "cannot tell"),
        (QUEUE, after(samples=()), "cannot tell"),
        (replace(QUEUE, after=STOPPED), replace(QUEUE, after=STOPPED), "cannot tell"),
        (replace(QUEUE, after=STOPPED), QUEUE, "faster"),
        (QUEUE, replace(QUEUE, after=STOPPED), "slower"),
    ],
)
def test_the_clock_tells_two_apart_beyond_interval_and_noise(base: Pair, head: Pair, clock: str) -> None:
    assert compared(base, head).clock == clock


def test_executions_of_two_runs_are_no_rounds_and_those_of_the_reference_come_first() -> None:
    found = compared(QUEUE, slower(1.5)).ratio
    assert found == ratio(QUEUE.after.samples, slower(1.5).after.samples, same_run=False)
    assert found.value == pytest.approx(1 / 1.5)
    assert compared(state="before").ratio.value == 1


@pytest.mark.parametrize(
    ("base", "head", "same_target", "goal"),
    [
        (QUEUE, WORSE, True, "met, now misses"),
        (WORSE, QUEUE, True, "missed, now meets"),
        (QUEUE, QUEUE, True, ""),
        (WORSE, WORSE, True, ""),
        (QUEUE, after(samples=QUEUE.after.samples[:3]), True, ""),
        (QUEUE, WORSE, False, ""),
    ],
)
def test_what_became_of_the_target_is_said_where_it_is_the_same(
    base: Pair, head: Pair, same_target: bool, goal: str
) -> None:
    assert compared(base, head, same_target=same_target).goal == goal
    assert summarize_side(WORSE.after, 100.0).judgement.verdict == "misses"


# --------------------------------------------------------------------------------------------------- optimizations
def with_blocks(*blocks: object, applied: tuple[str, ...] | None = None):
    names = [one.name for one in blocks] if applied is None else applied
    made = tuple(runs.applied(name, size_bytes=at, build_ms=at / 2) for at, name in enumerate(names, 1))
    return runs.run(QUEUE, optimizations=blocks, applied=made)


@pytest.mark.parametrize(
    ("base", "head", "presence"),
    [
        ((runs.optimization("x"),), (runs.optimization("x", why="another reason"),), "same"),
        ((runs.optimization("x"),), (runs.optimization("x", sql="CREATE INDEX y"),), "changed"),
        ((runs.optimization("x"),), (), "gone"),
        ((), (runs.optimization("x"),), "new"),
    ],
)
def test_an_optimization_is_held_against_that_of_the_first_run(base: tuple, head: tuple, presence: str) -> None:
    (found,) = optimizations([with_blocks(*base), with_blocks(*head)])
    assert found.runs[1].presence == presence
    assert found.runs[0] == (OptimizationInRun("same", 1, 0.5) if base else OptimizationInRun("absent", None, None))


def test_one_that_was_not_applied_says_so_unless_it_has_no_statement() -> None:
    empty = runs.optimization("x", statements=())
    for block, presence in ((runs.optimization("x"), "not applied"), (empty, "same")):
        (found,) = optimizations([with_blocks(block), with_blocks(block, applied=())])
        assert found.runs[1] == OptimizationInRun(presence, None, None)
    changed = runs.optimization("x", sql="CREATE INDEX y")
    (found,) = optimizations([with_blocks(runs.optimization("x")), with_blocks(changed, applied=())])
    assert found.runs[1].presence == "changed"


def test_optimizations_come_in_the_order_of_the_files_with_the_last_category() -> None:
    first = with_blocks(runs.optimization("b", category="old"), runs.optimization("a", category="kept"))
    last = with_blocks(runs.optimization("c"), runs.optimization("b", category="new"))
    assert [(one.name, one.category) for one in optimizations([first, last])] == [
        ("b", "new"),
        ("a", "kept"),
        ("c", "partial"),
    ]
    assert optimizations([first, last])[0].runs[1] == OptimizationInRun("same", 2, 1.0)


def test_blanks_around_a_statement_change_nothing() -> None:
    block = runs.optimization("x", statements=(Statement("  SELECT 1\n", 1), Statement("SELECT 2", 2)))
    assert text(block) == ("SELECT 1", "SELECT 2")
