"""What a report may say of an attribution."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.attribution.gains import cell_gains
from bench.cells.index_use import indexes_seen
from bench.experiments.attribution.heatmap import heatmap
from bench.experiments.attribution.summary import summarize
from bench.model import Attribution, LeftOut
from tests.builders import attributed, runs
from tests.builders.attributed import INDEX, OTHER, cell, gained, index, proved, tried

STOPPED = tried(0, 30_000.0, censored=True)


def proof(ms: float = 3.0, **more):
    return summarize(attributed.run(gained(smallest=proved(ms, **more)))).smallest


# ---------------------------------------------------------------------------------------------- the smallest set
def test_a_set_that_is_enough_is_named_with_its_size_and_slowest_cell():
    assert proof().sentence == (
        "1 of 2 optimizations keeps every query under 100 ms: leads_queue_idx (3.1 MB). Executed with these alone, 1 "
        "cell meets the target (80 executions each), the slowest at 3.00 ms (p95 of queue[hot]). Without it at least "
        "one cell misses the target."
    )


def test_what_breaks_without_a_member_is_shown_with_its_time_and_executions():
    (member,) = proof(without_ms=300.0).members
    assert (member.name, member.verdict, member.worst.cell) == (INDEX, "misses", "queue[hot]")
    assert (member.worst.judgement.p95.ms, member.worst.executions) == (300.0, 20)


def test_a_member_without_which_no_look_decides_may_be_superfluous():
    """Two of 40 over the target: neither."""
    times = {"queue[hot]": (90.0,) * 38 + (110.0,) * 2}
    found = proof(members=(LeftOut(INDEX, (INDEX,), times),))
    assert found.members[0].verdict == "cannot tell"
    assert f"Cannot tell whether {INDEX} could go: 2 of 40 executions" in found.sentence
    assert "at least one cell misses" not in found.sentence


def test_a_member_that_cannot_be_taken_away_is_said_with_its_reason():
    made = proved(kept=(INDEX, OTHER), members=proved().members)
    found = summarize(attributed.run(gained(smallest=made, not_tried={OTHER: "its undo fails"}))).smallest
    assert [one.verdict for one in found.members] == ["misses", "cannot tell"]
    assert f"Cannot tell whether {OTHER} could go: it could not be taken out: its undo fails." in found.sentence


def test_members_without_which_it_misses_are_named_apart_from_those_that_are_open():
    out = {"queue[hot]": (300.0,) * 20}
    members = tuple(LeftOut(name, (name,), out if name in "ab" else {}) for name in "abcd")
    said = proof(kept=tuple("abcd"), members=members).sentence
    assert "Taking out any one of a and b makes at least one cell miss the target." in said
    assert "Cannot tell whether c and d could go: the cells that it changes were not executed to the end." in said


def test_a_set_that_was_not_executed_without_its_members_claims_no_minimum():
    found = proof(members=())
    assert found.members == ()
    assert found.sentence.endswith("Whether each of them is needed was not executed.")


def test_what_left_the_set_is_named():
    assert f"Chosen at first and taken out, because every cell meets the target without: {OTHER}." in (
        proof(dropped=(OTHER,)).sentence
    )


def test_a_set_that_misses_the_target_when_it_is_executed_is_not_enough():
    found = proof(ms=140.0, all_ms={"queue[hot]": (3.0,) * 80})
    assert found.verdict == "misses"
    assert "That is not enough: executed with these alone, queue[hot] takes 140 ms (p95)." in found.sentence
    assert "keeps every query" not in found.sentence
    assert "at least one cell misses" not in found.sentence


def test_a_proof_that_ran_out_of_time_says_so_whatever_its_verdict():
    for times in ((3.0,) * 80, (140.0,) * 20):
        found = proof(samples_ms={"queue[hot]": times}, all_ms={"queue[hot]": (3.0,) * 80}, note="no time was left")
        assert found.sentence.endswith("It was not executed to the end: no time was left.")


def test_a_set_that_was_stopped_by_the_timeout_misses():
    found = proof(samples_ms={"queue[hot]": (30_000.0,) * 2}, all_ms={"queue[hot]": (3.0,) * 80})
    assert "queue[hot] takes > 30.0 s" in found.sentence


def test_two_executions_prove_no_set_however_short_they_are():
    found = proof(samples_ms={"queue[hot]": (0.1, 0.1)})
    assert found.verdict == "cannot tell"
    assert "Cannot tell whether the target is met in queue[hot]" in found.sentence
    assert "was chosen as the fewest that keep every query under 100 ms" in found.sentence


def test_an_empty_set_is_a_result():
    assert proof(kept=()).sentence.startswith("None of 2 optimizations is needed to keep every query under 100 ms. ")


def test_a_cell_that_all_of_them_do_not_bring_under_the_target_is_not_promised():
    slow = cell("queue", "whale", tried(9000, 900.0), tried(4000, 300.0))
    times = {"queue[hot]": (3.0,) * 80, "queue[whale]": (300.0,) * 20}
    made = proved(samples_ms=times, all_ms={"queue[whale]": (300.0,) * 20})
    found = summarize(attributed.run(gained(cells=(cell(), slow), smallest=made))).smallest
    assert found.verdict == "meets"
    assert "keeps under 100 ms what all of them bring under it (1 of 2 cells)" in found.sentence


def test_a_cell_whose_plan_stays_counts_with_what_an_older_run_measured():
    pairs = (runs.pair(), runs.pair("queue", "whale", after_ms=50))
    made = replace(attributed.run(gained(cells=(cell(), cell("queue", "whale")))), pairs=pairs)
    assert "(p95 of queue[whale])" in summarize(made).smallest.sentence


# ------------------------------------------------------------------------------------------------- who earned what
def test_the_shares_of_a_query_adds_up_to_a_hundred():
    plans = (tried(1000, 9.0), tried(400, 4.0), tried(500, 5.0), tried(100, 1.0))
    found = heatmap(gained(cells=(cell("queue", "hot", *plans, names=(INDEX, OTHER)),)), [INDEX, OTHER], ["queue"])
    assert sum(row.percent[0] for row in found.rows) == pytest.approx(100)


def test_an_optimization_without_a_share_has_no_row():
    found = heatmap(gained(), [INDEX, OTHER], ["queue"])
    assert [row.name for row in found.rows] == [INDEX]


def test_a_share_that_rounds_to_nothing_has_no_row():
    plans = (tried(10_000, 9.0), tried(9_999, 9.0), tried(101, 1.0), tried(100, 1.0))
    found = heatmap(gained(cells=(cell("queue", "hot", *plans, names=(INDEX, OTHER)),)), [INDEX, OTHER], ["queue"])
    assert [row.name for row in found.rows] == [INDEX]


def test_a_query_that_gained_nothing_is_not_split():
    found = heatmap(gained(cells=(cell("queue", "hot", tried(10, 1.0), tried(12, 1.0)),)), [INDEX], ["queue"])
    assert not found.columns[0].gained
    assert found.rows == ()


def test_a_plan_that_was_stopped_has_no_buffers_to_share():
    (found,) = cell_gains(gained(cells=(cell("queue", "hot", STOPPED, tried(6, 3.0)),)))
    assert (found.buffers.whole, found.buffers.by_name) == (0, {INDEX: 0})
    assert found.ms.by_name[INDEX] == pytest.approx(29_997)


def test_a_timeout_that_it_prevents_is_the_best_gain_and_named_as_one():
    cells = (cell("queue", "hot", STOPPED, tried(6, 3.0)), cell("other", "hot"))
    verdict = summarize(attributed.run(gained(cells=cells))).rows[0].verdict
    assert verdict.gain.best.stopped_without
    assert verdict.sentence == "With it queue[hot] (> 30.0 s → 3.00 ms), other[hot] do less work."


def test_the_best_cell_is_one_that_it_helps():
    """By time it helps the first cell, though that touches more buffers; the second one is its best."""
    odd = cell("queue", "hot", tried(1000, 90.0), tried(3000, 3.0))
    found = summarize(attributed.run(gained(cells=(odd, cell("other", "hot", tried(500, 5.0), tried(6, 0.2))))))
    assert found.rows[0].verdict.gain.best.cell == "other[hot]"


# ---------------------------------------------------------------------------------------------- what is used
def test_indexes_are_used_by_plans_before_and_after_and_by_upkeep():
    before = runs.side(9, runs.limit(runs.scan("leads", index="old_idx")))
    made = attributed.run(gained(upkeep_uses=("crm.log_idx",)), pairs=(replace(runs.pair(), before=before),))
    assert indexes_seen(made) == {"old_idx", INDEX, "crm.log_idx"}


@pytest.mark.parametrize("more", [{"left_out": ("other",)}, {"queries": (runs.query(), runs.query("other"))}])
def test_nothing_is_called_unused_while_a_query_has_no_plan(more):
    found = summarize(attributed.run(gained(indexes=(index(),)), **more))
    assert found.findings == ()
    assert any(one.startswith("Which indexes are unused cannot be told") for one in found.limits)


def test_an_index_in_no_plan_is_found():
    found = summarize(attributed.run(gained(indexes=(index(),))))
    assert [one.kind for one in found.findings] == ["unused"]


# -------------------------------------------------------------------------------------------------- the limits
def test_the_limits_name_what_was_not_measured():
    said = " ".join(summarize(attributed.run(gained())).limits)
    for side in ("Write costs were not measured", "Sizes are those after the build", "Shipping was not measured"):
        assert side in said


def test_a_whole_attribution_leaves_out_no_side():
    said = " ".join(summarize(attributed.run()).limits)
    assert "not measured" not in said
    assert "Phase of writes: the table grew by a tenth." in said
    assert "took 4.00 ms in the median and 8.50 ms at most" in said


def test_sampled_shares_are_counted():
    sampled = replace(cell("queue", "tiny"), orders=((INDEX,), (INDEX,)))
    said = summarize(attributed.run(gained(cells=(cell(), sampled)))).limits
    assert said[0].startswith("Shares are exact in 1 of 2 cells.")


def test_what_could_not_be_taken_away_is_said():
    said = summarize(attributed.run(gained(not_tried={OTHER: "its undo fails"}))).limits
    assert f"{OTHER} could not be taken away and tried: its undo fails." in said


def test_without_cells_costs_are_shown_and_nothing_is_judged():
    found = summarize(attributed.run(replace(attributed.whole(), cells=(), smallest=None)))
    assert found.rows[0].verdict is None
    assert found.rows[0].costs.plain.stall_ms == 790.0
    assert found.limits[1].startswith("Gains were not measured")


def test_an_empty_attribution_is_one():
    assert summarize(attributed.run(Attribution())).heatmap.rows == ()
    assert summarize(runs.run(runs.pair())) is None
