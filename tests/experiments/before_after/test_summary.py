"""What a run is allowed to say."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from bench.errors import RunFileError
from bench.experiments.before_after.next_steps import _writes
from bench.experiments.before_after.only import only
from bench.experiments.before_after.summary import summarize
from bench.model import CellSide, Pair, Rewrite
from bench.model.vocabulary import mark
from bench.report import numbers
from bench.statistics.quantiles import Figure, Ratio
from tests.builders import runs
from tests.builders.runs import optimization, pair, query, run, samples, side


def said(summary):
    return [step.sentence for step in summary.next_steps]


def only_cell(made: Pair):
    return summarize(run(made)).queries[0].cells[0]


# -------------------------------------------------------------------------------------------------- the answer
def test_the_sentence_counts_queries_before_and_after():
    summary = summarize(run(pair("a"), pair("b", before_ms=20), pair("c", after_ms=250)))
    assert summary.sentence == (
        "1 misses, 2 of 3 queries meet 100 ms at 100,000 leads; before: 1 meets, 2 miss, 0 cannot tell"
    )
    assert (summary.good, summary.mark) == (False, mark("misses"))


def test_all_met_is_good():
    summary = summarize(run(pair("a")))
    assert summary.sentence == ("1 of 1 query meets 100 ms at 100,000 leads; before: 0 meet, 1 misses, 0 cannot tell")
    assert (summary.good, summary.mark) == (True, mark("meets"))


def test_a_query_meets_only_if_every_class_does():
    found = summarize(run(pair("a", "hot"), pair("a", "whale", after_ms=250), pair("a", "tiny"))).queries[0]
    assert found.after == "misses"
    assert found.reason == "whale: 2 of the first 2 executions took longer than 100 ms"


def test_one_class_without_verdict_leaves_the_query_without():
    unclear = replace(pair("a", "tiny"), after=side(3, n=2))
    assert summarize(run(pair("a"), unclear)).queries[0].after == "cannot tell"


def test_hot_and_worst_are_named():
    found = summarize(run(pair("a", "tiny", after_ms=1), pair("a", "hot"), pair("a", "whale", after_ms=40))).queries[0]
    assert found.hot.parameter_class == "hot"
    assert found.worst.parameter_class == "whale"


def test_without_a_hot_class_the_first_stands_in():
    found = summarize(run(pair("a", "everything"), pair("a", "other"))).queries[0]
    assert found.hot.parameter_class == "everything"


def test_a_timeout_is_worse_than_any_finished_time():
    stopped = replace(pair("a", "whale"), after=CellSide(samples=samples(1_000, 1, censored=True)))
    found = summarize(run(pair("a", "slow", after_ms=9_000), stopped)).queries[0]
    assert found.worst.parameter_class == "whale"


# ----------------------------------------------------------------------------------------------- what is claimed
def test_a_large_change_with_another_plan_and_equal_rows_is_faster():
    cell = only_cell(pair())
    assert cell.effect == "faster"
    assert cell.changes[0] == "Sort is gone"


def test_an_unchanged_plan_claims_no_gain():
    assert only_cell(pair(index="", before_ms=300, after_ms=30)).effect == "plan unchanged"


def test_other_rows_are_a_failure_however_fast():
    summary = summarize(run(replace(pair(), equality=runs.DIFFERENT)))
    assert summary.queries[0].after == summary.queries[0].cells[0].after.outcome == "other rows"
    assert summary.queries[0].cells[0].effect == "other rows"
    assert summary.after.meets == 0
    assert not summary.good
    assert summary.alarms == ("Queue returns other rows after the optimizations (hot): however fast, it fails",)
    assert summary.sentence.startswith("1 gives another answer, 0 of 1 query meet")
    assert summary.mark == mark("other rows")


def test_rows_that_were_not_compared_claim_no_gain():
    assert only_cell(replace(pair(), equality=None)).effect == "not compared"


def test_a_change_within_the_noise_of_two_copies_is_no_change():
    assert only_cell(pair(before_ms=100, after_ms=98)).effect == "same"


def test_a_loss_needs_no_other_plan():
    """An index more to maintain slows a write whose plan stays as it was."""
    cell = only_cell(pair(index="", before_ms=5, after_ms=9))
    assert cell.effect == "slower"
    assert "1 pair became slower" in " ".join(summarize(run(pair(index="", before_ms=5, after_ms=9))).paragraph)


def test_a_few_microseconds_are_no_loss():
    assert only_cell(pair(before_ms=0.05, after_ms=0.065)).effect == "same"


def test_a_timeout_before_is_a_gain_of_at_least_so_much():
    cell = only_cell(replace(pair(), before=CellSide(samples=samples(30_000, 1, censored=True))))
    assert cell.effect == "faster"
    assert cell.plan_changed is None
    assert numbers.times(cell.ratio).startswith("≥ ")


def test_a_timeout_after_never_meets():
    summary = summarize(run(replace(pair(), after=CellSide(samples=samples(30_000, 2, censored=True)))))
    assert summary.queries[0].after == "misses"
    assert summary.queries[0].cells[0].effect == "slower"


def test_few_samples_cannot_tell():
    assert only_cell(pair(n=3)).effect == "cannot tell"


# ------------------------------------------------------------------------------------------ runs that went wrong
def test_a_failed_statement_is_said_before_any_figure():
    broken = replace(pair(), after=CellSide(error='relation "crm.rollup" does not exist'))
    summary = summarize(run(broken))
    assert summary.queries[0].after == "failed"
    assert summary.alarms == ('Queue failed after (hot): relation "crm.rollup" does not exist',)


def test_without_an_after_side_the_before_is_judged():
    summary = summarize(run(replace(pair(before_ms=3), after=CellSide(), equality=None), applied=()))
    assert summary.sentence == "1 of 1 query meets 100 ms at 100,000 leads; without optimizations"
    assert (summary.has_after, summary.after, summary.good) == (False, None, True)
    assert "optimizations.sql" in " ".join(said(summary))
    assert summary.next_steps[0].command == "pgproof advise"


def test_an_interrupted_run_says_how_far_it_came():
    unfinished = Pair("b", "hot", bindings=pair().bindings)
    summary = summarize(run(pair("a"), unfinished, status="interrupted"))
    assert summary.sentence == (
        "1 cannot tell, 1 of 2 queries meets 100 ms at 100,000 leads; "
        "before: 0 meet, 1 misses, 1 cannot tell (interrupted: 1 of 2 pairs measured)"
    )
    assert [query.outcome for query in summary.queries] == ["cannot tell", "meets"]


@pytest.mark.parametrize("status", ["running", "interrupted", "failed", "complete"])
def test_a_run_without_a_sample_says_so(status):
    for made in (run(status=status), run(Pair("a", "hot"), status=status), run(queries=(), status=status)):
        summary = summarize(made)
        assert summary.sentence.startswith("Nothing was measured at 100,000 leads")
        assert summary.paragraph
        assert not summary.good


def test_a_skipped_class_leaves_the_query_without_a_verdict():
    summary = summarize(run(pair("a"), replace(Pair("a", "whale", bindings=pair().bindings), skipped="no time left")))
    assert summary.queries[0].after == "cannot tell"
    assert summary.queries[0].reason == "whale: no time left"


def test_a_class_that_the_dataset_lacks_does_not_count():
    summary = summarize(run(pair("a"), Pair("a", "whale", skipped="no lead has so many communications")))
    assert summary.queries[0].after == "meets"
    assert summary.pairs_total == 1


def test_a_query_that_was_never_started_meets_nothing():
    summary = summarize(run(pair("a"), queries=(query("a"), query("b"))))
    assert [(query.name, query.after) for query in summary.queries] == [("b", None), ("a", "meets")]
    assert summary.after.meets == 1
    assert summary.sentence.startswith("1 cannot tell, 1 of 2 queries")


def test_what_misses_comes_first_and_then_what_moved_most():
    made = [
        pair("a", before_ms=50),
        pair("b", before_ms=900),
        pair("c", before_ms=20, after_ms=250),
        pair("d", index=""),
    ]
    made[3] = replace(made[3], before=side(3), after=side(80))
    assert [query.name for query in summarize(run(*made)).queries] == ["c", "b", "d", "a"]


def test_a_part_of_a_run_is_as_if_the_other_queries_had_been_left_out():
    found = only(run(pair("a"), pair("b", after_ms=250)), ["a"])
    assert summarize(found).sentence.startswith("1 of 1 query meets 100 ms")
    assert found.left_out == ("b",)
    with pytest.raises(RunFileError, match="no such query"):
        only(found, ["b"])


# ---------------------------------------------------------------------------------------------- what to do next
def test_the_slowest_miss_is_what_to_look_at_first():
    summary = summarize(run(pair("a", after_ms=250), pair("b", after_ms=900)))
    steps = said(summary)
    assert summary.next_steps[0].evidence == "b"
    assert steps[0].startswith("Over 100 ms: B (hot: ")
    assert "and A (hot: " in steps[0]


def test_other_rows_come_before_anything_else_and_are_not_shipped():
    summary = summarize(run(replace(pair("a"), equality=runs.DIFFERENT), pair("b", after_ms=250)))
    steps = said(summary)
    assert summary.next_steps[0].command == "pgproof reproduce run.json a/hot --state after"
    assert steps[0].startswith("First make A give the same answer")
    assert "ship-script" not in " ".join(steps)


def test_while_it_goes_on_nothing_is_advised():
    assert summarize(run(pair("a"), status="running")).next_steps == ()


def test_what_an_attribution_calls_harmful_is_to_be_taken_out():
    from tests.builders import attributed

    worse = attributed.cell("queue", "hot", attributed.tried(6, 3.0), attributed.tried(3960, 300.0))
    summary = summarize(attributed.run(replace(attributed.whole(), cells=(worse,), smallest=None)))
    steps = said(summary)
    assert (
        f"Take out {attributed.INDEX}. With it queue[hot] (6 → 3,960 buffers) does more work. Decided by the time "
        "of queue[hot], where 2 times and 1 ms count. 15 executions a side, 3.00 ms → 300 ms in the median, over 100 "
        "ms in 0 of 15 without it and in 15 of 15 with it."
    ) in steps
    step = next(one for one in summary.next_steps if one.title.startswith("Take out"))
    assert step.command == f"pgproof ship-script --undo --only {attributed.INDEX}"
    assert dict(step.saving)["time"] == "300 ms → 3.00 ms in queue[hot]"


@pytest.mark.parametrize(("wal_bytes", "named"), [(0.4, []), (40.0, [("writes", "+40 B WAL a row of w")])])
def test_what_costs_less_than_a_byte_is_no_saving(wal_bytes, named):
    rows = [SimpleNamespace(dearest=SimpleNamespace(wal_bytes=wal_bytes, write="w"))]
    assert list(_writes(rows)) == named


def test_when_all_is_met_the_next_step_is_a_larger_scale():
    step = summarize(run(pair("a"), given="my app")).next_steps[-1]
    assert step.sentence == "Run it again at a larger scale to see how long that lasts."
    assert step.command == "pgproof scale 'my app' --from 100000 --to 1000000 --steps 3"


# ------------------------------------------------------------------------------------------------ optimizations
def use(made, **more):
    return summarize(run(pair(), optimizations=(made,), applied=(runs.applied(made.name),), **more)).optimizations[0]


def test_an_index_of_an_after_plan_is_used():
    found = use(optimization("leads_queue_idx"))
    assert (found.use, found.used_by) == ("used", ("queue",))


def test_an_index_of_no_plan_is_said_to_be_unused():
    made = optimization("leads_source_idx")
    assert use(made).use == "unused"
    summary = summarize(run(pair(), optimizations=(made,), applied=(runs.applied(made.name),)))
    assert "leads_source_idx is used by no measured plan (3.1 MB): drop it" in " ".join(said(summary))


@pytest.mark.parametrize(
    "sql",
    [
        "create unique index concurrently if not exists Leads_Queue_Idx on crm.leads (id)",
        'CREATE INDEX "leads_queue_idx" ON crm.leads (id)',
        "-- CREATE INDEX other ON x\nCREATE INDEX leads_queue_idx\n  ON crm.leads (id)",
        "ALTER TABLE crm.leads ADD CONSTRAINT leads_queue_idx UNIQUE (organization_id, id)",
        "CREATE TABLE crm_agg.leads AS SELECT 1",
        'CREATE MATERIALIZED VIEW IF NOT EXISTS "crm_agg"."leads" AS SELECT 1',
    ],
)
def test_what_a_statement_makes_is_found(sql):
    assert use(optimization("block", sql=sql)).use == "used"


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE crm.leads ADD CONSTRAINT leads_queue_idx CHECK (lead_score >= 0)",
        "CREATE STATISTICS leads_queue_idx ON a, b FROM crm.leads",
        "CREATE VIEW leads AS SELECT 1",
    ],
)
def test_what_no_plan_could_name_is_not_called_unused(sql):
    assert use(optimization("block", sql=sql)).use == "not in plans"


def test_a_rewrite_is_used_by_its_query():
    made = optimization("faster_text", sql="SELECT 1", category="rewrite")
    rewritten = query("queue", rewrite=Rewrite(optimization="faster_text", sql="SELECT 2", line=1))
    found = use(made, queries=(rewritten,))
    assert (found.use, found.used_by) == ("used", ("queue",))


def test_without_after_plans_nothing_is_called_unused():
    made = replace(pair(), after=CellSide())
    assert summarize(run(made)).optimizations[0].use == "cannot tell"
    assert summarize(run(made, applied=())).optimizations[0].use == "not applied"


# --------------------------------------------------------------------------------------------------------- words
@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0.0423, "0.042 ms"),
        (0.42, "0.42 ms"),
        (4.2, "4.20 ms"),
        (42.25, "42.2 ms"),
        (999.6, "1,000 ms"),
        (30_000, "30.0 s"),
    ],
)
def test_times_have_three_digits(ms, text):
    assert numbers.ms(ms) == text


def test_a_timeout_reads_more_than():
    assert numbers.figure(Figure(30_000, censored=True)) == "> 30.0 s"
    assert numbers.figure(None) == "–"


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (48_000_000, "48.0 MB"), (-8_192, "-8.2 kB")]
)
def test_sizes_have_a_fitting_unit(size, text):
    assert numbers.size(size) == text


def test_an_open_interval_says_or_more():
    assert numbers.interval(Ratio(20, 5.0, None, "exactly", paired=True)) == "5.00 or more"
    assert numbers.interval(Ratio(20, None, None, "at least", paired=True)) == ""


def test_long_lists_are_cut():
    assert numbers.listed(["a"]) == "a"
    assert numbers.listed(list("abc")) == "a, b and c"
    assert numbers.listed(list("abcdefgh")) == "a, b, c, d and 4 more"
    assert numbers.listed([]) == ""


def test_answers_are_counted_by_what_is_said_of_them():
    empty = replace(pair("b"), equality=replace(runs.EQUAL, rows_before=0, rows_after=0))
    lost = replace(pair("c"), equality=replace(runs.EQUAL, equal=False, difference="other order", detail="row 2"))
    summary = summarize(run(pair("a"), empty, lost))
    assert "Of 3 answers before and after, 1 equal; 1 equal, but empty; 1 other order." in summary.paragraph
    assert [alarm for alarm in summary.alarms if "another order than it asks for" in alarm]


def test_a_write_that_returns_nothing_and_changes_tables_is_not_empty():
    wrote = replace(runs.EQUAL, rows_before=0, rows_after=0, tables=("crm.leads",))
    assert only_cell(replace(pair(), equality=wrote)).equality == "equal"
