"""When an optimization may be called harmful, and on what an advice to do without one rests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.attribution.evidence import ADVICE_EXECUTIONS, Effect, because, better, is_harm
from bench.attribution.gains import disagreements, gains
from bench.experiments.attribution.summary import summarize
from bench.experiments.attribution.verdicts import OptimizationVerdict, verdicts
from bench.model import Attribution, Counters, GainCell, Tried
from tests.builders import attributed
from tests.builders.attributed import INDEX, OTHER, cell, gained, tried


def plan(blocks: int, *samples_ms: float, rows: int = 20, **more: object) -> Tried:
    """A plan with these times, or one of a millisecond often enough."""
    times = samples_ms or (1.0,) * ADVICE_EXECUTIONS
    return tried(blocks, 1.0, counters=Counters(blocks, rows, 0, 0), samples_ms=times, **more)


def often(ms: float, times: int = ADVICE_EXECUTIONS) -> tuple[float, ...]:
    return (ms,) * times


def effect(without: Tried, with_it: Tried) -> Effect:
    return Effect("queue", "hot", without, with_it)


def judged(*cells: GainCell) -> dict[str, OptimizationVerdict]:
    return {one.name: one for one in verdicts(attributed.run(gained(cells=cells)))}


# ------------------------------------------------------------------------------------------------------------ harm
@pytest.mark.parametrize(
    ("without", "with_it", "harm"),
    [
        (plan(100, *often(9.0)), plan(99, *often(8.0), rows=9000), False),
        (plan(100, *often(9.0)), plan(101, 19.0, *often(9.1)), False),
        (plan(100, 2.0, *often(9.0)), plan(101, *often(9.1)), False),
        (plan(100, *often(3.0)), plan(101, *often(9.0)), True),
        (plan(100, *often(9.0)), plan(900, *often(9.1)), True),
        (plan(100, *often(9.0)), plan(900, *often(6.0)), False),
        (plan(100, *often(9.0)), plan(100, *often(9.1), rows=9000), False),
        (plan(100, *often(6.0)), plan(100, *often(10.0), rows=9000), True),
        (plan(100), tried(0, 30_000.0, censored=True), True),
        (plan(10), plan(11), False),
    ],
    ids=[
        "both went down, more rows", "one buffer, one slow execution", "one buffer, one fast execution", "time",
        "buffers", "buffers, but clearly less time", "rows alone", "rows that are felt", "timeout", "hardly more",
    ],
)  # fmt: skip
def test_harm_is_what_the_deciding_figure_shows_and_the_other_does_not_deny(without, with_it, harm):
    assert is_harm(effect(without, with_it)) is harm


@pytest.mark.parametrize(("processor_ms", "said"), [((), -1), ((0.7, 0.65), 0), ((3.4, 3.5), -1)])
def test_what_only_waits_for_a_processor_is_not_slow(processor_ms, said):
    slow, fast = plan(4, 3.6, 7.3, processor_ms=processor_ms), plan(4, 0.27, 0.39, processor_ms=(0.26, 0.28))
    assert (better(slow, fast), better(fast, slow)) == (said, -said)


def test_what_took_less_of_both_is_never_called_harmful():
    """The rows that it reads more of decided, and stood beside two figures that improved."""
    one = cell("queue", "hot", plan(100, *often(9.0)), plan(99, *often(8.0), rows=9000))
    found = judged(one)[INDEX]
    assert found.outcome == "unused"
    assert not found.gain.harmed


def test_a_harm_of_two_executions_cannot_be_told():
    few = cell("queue", "hot", plan(10, 1.0, 1.1), plan(900, 4.0, 4.1))
    found = judged(few)[INDEX]
    assert found.outcome == "cannot tell"
    assert found.sentence.endswith("But that rests on 2 executions of a side; 15 are asked for.")


def test_a_harm_of_few_executions_is_no_remark_on_another_word_either():
    helps = cell("other", "hot", plan(9000), plan(10))
    assert "harms" not in judged(helps, cell("queue", "hot", plan(10, 1.0), plan(900, 4.0)))[INDEX].sentence
    assert "It harms queue[hot]" in judged(helps, cell("queue", "hot", plan(10), plan(900)))[INDEX].sentence


def test_a_substitute_of_two_executions_cannot_be_told():
    plans = (plan(900, 9.0), plan(10), plan(12), plan(10))
    found = judged(cell("queue", "hot", *plans, names=(INDEX, OTHER)))[OTHER]
    assert found.outcome == "cannot tell"
    assert "But that rests on 1 execution of a side" in found.sentence


# ------------------------------------------------------------------------------------------------------- its reason
def test_an_advice_carries_figure_threshold_executions_and_what_it_is_to_the_target():
    found = because(effect(plan(10, *often(0.5)), plan(900, *often(4.0))), 100.0)
    assert found == (
        "Decided by the time of queue[hot], where 2 times and 1 ms count. 15 executions a side, 0.50 ms → 4.00 ms in "
        "the median, within 100 ms either way."
    )


def test_where_buffers_decide_they_are_named():
    found = because(effect(plan(10), plan(900)), 100.0)
    assert found.startswith("Decided by the buffers of queue[hot] (10 → 900), where a tenth and 8 count.")


def test_where_rows_decide_the_sum_is_named():
    found = because(effect(plan(100), plan(100, rows=9000)), 100.0)
    assert "the work of queue[hot] (102 → 1,000: buffers + rows / 10)" in found


def test_what_crosses_the_target_is_counted():
    found = because(effect(plan(10, *often(40.0)), plan(900, *often(90.0, 10), *often(120.0, 10))), 100.0)
    assert "15 and 20 executions a side" in found
    assert found.endswith("over 100 ms in 0 of 15 without it and in 10 of 20 with it.")


def test_what_changes_no_plan_is_unused_by_that_and_says_so():
    found = judged(cell())[OTHER]
    assert found.outcome == "unused"
    assert found.sentence.endswith("It changes no plan of 1 cell, so no verdict against 100 ms either.")


def test_what_changes_a_plan_and_nothing_else_is_unused_by_its_largest_difference():
    small = cell("queue", "tiny", plan(10), plan(11))
    found = judged(small, cell("queue", "hot", plan(100), plan(95)))[INDEX]
    assert found.outcome == "unused"
    assert "Decided by the buffers of queue[hot] (100 → 95), where a tenth and 8 count." in found.sentence


# ----------------------------------------------------------------------------------------------------------- banners
def promised(times: int, cost: float = 900.0) -> Attribution:
    """The planner promises half the cost, or 400 in place of ``cost``; it takes six times as long."""
    plans = (plan(400, *often(3.0, times), cost=cost), plan(420, *often(19.0, times), cost=400.0))
    return gained(cells=(cell("queue", "hot", *plans),))


def test_no_banner_rests_on_two_executions():
    assert summarize(attributed.run(promised(2))).disagreements == ()


def test_no_banner_is_about_a_promise_of_next_to_nothing():
    """The audit's: promised 1.0 times less cost."""
    assert summarize(attributed.run(promised(15, cost=405.0))).disagreements == ()


def test_a_banner_says_on_how_many_executions_it_rests_and_what_it_is_to_the_target():
    (said,) = summarize(attributed.run(promised(15))).disagreements
    assert "takes 6.3 times as long (3.00 → 19.00 ms in the median of 15 executions a side" in said
    assert said.endswith("; within 100 ms either way).")


def test_a_banner_needs_the_median_and_not_one_slow_execution():
    plans = (plan(400, *often(3.0), cost=900.0), plan(520, *often(3.1), 19.0, cost=400.0))
    found = gains(gained(cells=(cell("queue", "hot", *plans),)), [INDEX])
    assert disagreements(found, 100.0) == ()


def test_effects_that_decide_are_those_of_an_advice_to_do_without():
    helps = cell("other", "hot", plan(9000), plan(10))
    found = gains(gained(cells=(helps, replace(cell("queue", "hot", plan(10), plan(900))))), [INDEX])[INDEX]
    assert [one.cell for one in found.deciding] == ["queue[hot]"]
