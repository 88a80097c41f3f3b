"""What is said of maintenance: what aged, what mends it, and what is a null result."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.maintain.cell_changes import reads_more, worth_timing
from bench.experiments.maintain.effects import strongest
from bench.experiments.maintain.record import MaintenanceRun, MaintenanceStage
from bench.experiments.maintain.storage import needed_bytes
from bench.experiments.maintain.summary import summarize
from tests.builders import runs
from tests.builders.aged import ALL, CHURNED, FRESH, FULL, VACUUM, cells, maintenance, stage, timed


def said(run: MaintenanceRun) -> str:
    return summarize(run).headline


def test_the_headline_counts_what_aged_and_what_mends_it() -> None:
    assert said(FULL) == (
        "After 20 % churn 2 of 2 queries read more than 1.25 times the blocks; VACUUM alone mends 1 of them, all "
        "procedures together all of them."
    )


@pytest.mark.parametrize(
    ("stages", "share", "says"),
    [
        ((), 0.2, "No stage after the churn was finished"),
        ((FRESH, replace(FRESH, name="churned")), 0.2, "no query reads more than 1.25 times the blocks"),
        ((FRESH, CHURNED), 0.2, "2 of 2 queries read more than 1.25 times the blocks; no procedure was carried out."),
        ((FRESH, CHURNED, replace(CHURNED, name="vacuum", procedures=VACUUM.procedures)), 0.2, "mends one of them"),
        ((FRESH, replace(FRESH, name="churned"), replace(FRESH, name="vacuum", procedures=VACUUM.procedures)), 0.0,
         "Nothing was written (--churn 0 %), a null result on purpose: after 1 procedure on fresh copies, 1.5 s and "
         "4.0 MB of WAL in all, no cell does other work."),
    ],
)  # fmt: skip
def test_a_headline_says_what_there_is(stages: tuple[MaintenanceStage, ...], share: float, says: str) -> None:
    assert says in said(maintenance(*stages, share=share))


def test_a_sentence_says_what_a_query_reads_why_and_what_brings_it_back() -> None:
    first, second = summarize(FULL).sentences[:2]
    assert first == (
        "Without VACUUM, Board (hot) reads 3.20 times the blocks (100 → 320): 210 heap fetches that index-only scans "
        "did not have; VACUUM brings it back (1.5 s, 4.0 MB of WAL, 2.00× as fast, 2.00–2.00)."
    )
    assert second.startswith("Without REINDEX, Queue (hot) reads 2.25 times the blocks (40 → 90); REINDEX brings")


def test_a_plan_that_changed_is_said_in_words() -> None:
    plans = runs.scan("t", index="i", buffers=100), runs.scan("t", buffers=320)
    aged = [
        replace(one, cells=(replace(one.cells[0], plan=plan, fingerprint=str(place)), *one.cells[1:]))
        for place, (one, plan) in enumerate(zip((FRESH, CHURNED), plans, strict=True))
    ]
    run = maintenance(*aged, VACUUM)
    text = summarize(run).sentences[0]
    assert "and another plan (Index Scan using i on t became Seq Scan on t, 100 → 320 buffers); VACUUM brings" in text


def test_what_only_all_together_or_nothing_mends_is_said() -> None:
    apart = replace(FULL, stages=(FRESH, CHURNED, stage("vacuum", {"board": 320, "queue": 90}), ALL))
    assert "; only all together bring it back." in summarize(apart).sentences[0]
    never = replace(apart, stages=apart.stages[:3])
    assert "; no procedure brings it back." in summarize(never).sentences[0]


@pytest.mark.parametrize(
    ("more", "less", "expected"),
    [(126, 100, True), (125, 100, False), (14, 7, False), (16, 7, True), (None, 5, True), (5, None, False)],
)
def test_a_cell_reads_more_by_a_quarter_and_eight_blocks(more: int | None, less: int | None, expected: bool) -> None:
    one, other = cells({"q": more})[0], cells({"q": less})[0]
    assert reads_more(one, other) is expected


def test_a_cell_is_mended_where_nine_tenths_of_the_extra_blocks_are_gone() -> None:
    small = {"fresh": 40, "churned": 2778, "vacuum": 80}
    run = maintenance(*(stage(name, {"board": blocks}) for name, blocks in small.items()))
    assert summarize(run).procedures[0].mends == ("Board",)
    half = replace(run, stages=(*run.stages[:2], stage("vacuum", {"board": 1400})))
    assert summarize(half).procedures[0].mends == ()


def test_who_answers_otherwise_is_not_mended_and_upkeep_may() -> None:
    kept = stage("keep", {"board": 100, "queue": 40}, rows="other", optimization="rollup", written={"t": 5})
    run = maintenance(FRESH, CHURNED, kept)
    summary = summarize(run)
    assert (summary.procedures[0].mends, summary.procedures[0].others) == ((), 2)
    assert summary.wrong_rows == ()
    assert "KEEP changes what 2 cells answer, as it may: it wrote 5 rows." in " ".join(summary.sentences)


def test_other_rows_after_vacuum_are_an_alarm() -> None:
    run = maintenance(FRESH, CHURNED, stage("vacuum", {"board": 100, "queue": 90}, rows="other"))
    summary = summarize(run)
    assert summary.wrong_rows == (("vacuum", "board", "hot"), ("vacuum", "queue", "hot"))
    assert summary.alarms[0] == "Board (hot) answers with other rows after vacuum, which must not change any."


def test_rows_that_vacuum_left_and_failures_are_alarms() -> None:
    left = stage("vacuum", {"board": 320}, not_removable={"t": 7}, held_back_by="session 4 (psql)")
    broken = stage("reindex", {"board": 320}, error="deadlock detected")
    run = replace(maintenance(FRESH, CHURNED, left, broken), status="interrupted")
    found = summarize(run).alarms
    assert found == (
        "This was not finished (interrupted); not measured: all.",
        "REINDEX failed: deadlock detected",
        "VACUUM had to leave 7 dead rows that an old snapshot can still see, held by session 4 (psql).",
    )


@pytest.mark.parametrize(
    ("before_ms", "after_ms", "verdict"),
    [(4.0, 2.0, "faster"), (2.0, 4.0, "slower"), (4.0, 3.9, "cannot tell"), (0.2, 0.1, "cannot tell")],
)
def test_a_time_is_called_other_only_beyond_what_copies_and_clients_differ_by(
    before_ms: float, after_ms: float, verdict: str
) -> None:
    run = maintenance(FRESH, CHURNED, replace(VACUUM, timed=(timed("board", before_ms, after_ms),)))
    assert summarize(run).procedures[0].timings[0].verdict == verdict


def test_only_cells_of_other_work_and_the_same_rows_are_timed() -> None:
    assert worth_timing(CHURNED, VACUUM) == {("board", "hot")}
    assert worth_timing(CHURNED, CHURNED) == set()
    assert worth_timing(CHURNED, stage("vacuum", {"board": 100, "queue": 90}, rows="other")) == set()


@pytest.mark.parametrize(
    ("locks", "says"),
    [
        (("AccessExclusiveLock on t", "ShareLock on u"), ("AccessExclusiveLock", "readers and writers")),
        (("ShareUpdateExclusiveLock on t", "ShareLock on u"), ("ShareLock", "writers")),
        (("ShareUpdateExclusiveLock on t",), ("ShareUpdateExclusiveLock", "nobody")),
        ((), ("", "nobody")),
    ],
)
def test_whom_a_lock_stops(locks: tuple[str, ...], says: tuple[str, str]) -> None:
    assert strongest(locks) == says


def test_an_answer_that_nobody_refreshed_is_said_and_whether_a_refresh_mends_it() -> None:
    def agreeing(found: MaintenanceStage, agrees: bool) -> MaintenanceStage:
        return replace(found, cells=tuple(replace(cell, agrees=agrees) for cell in found.cells[:1]))

    refreshed = agreeing(stage("rollup", {"board": 320}, optimization="rollup", written={"r": 3}), True)
    run = maintenance(agreeing(FRESH, True), agreeing(CHURNED, False), refreshed)
    text = " ".join(summarize(run).sentences)
    assert "than its original statement in 1 of 1 class after the churn; after rollup in none." in text
    never = replace(run, stages=(*run.stages[:2], agreeing(refreshed, False)))
    assert "; no upkeep mends that." in " ".join(summarize(never).sentences)


def test_the_index_that_grew_stands_with_what_a_rebuild_makes_of_it() -> None:
    (line,) = summarize(FULL).indexes
    assert (line.fresh_bytes, line.churned_bytes, line.rebuilt_bytes) == (500_000, 700_000, 500_000)


def test_the_notes_say_what_the_churn_was_and_what_had_nothing_to_do() -> None:
    run = maintenance(FRESH, CHURNED, replace(stage("gin", {}, skipped="no GIN index"), cells=()))
    text = " ".join(summarize(run).notes)
    assert "The churn wrote 190 rows in 2.5 s and 9.0 MB of WAL, by statements made up from the catalog" in text
    assert "The churn left 1 table alone: crm.t." in text
    assert "GIN had nothing to do: no GIN index." in text


def test_three_copies_have_to_fit_and_a_larger_churn_needs_more() -> None:
    assert 5e9 < needed_bytes(10**9, 0.0) < needed_bytes(10**9, 0.2) < 9e9


def test_with_nothing_written_a_cell_that_changed_is_counted_with_its_procedure() -> None:
    same = replace(FRESH, name="churned")
    run = maintenance(
        FRESH, same, stage("vacuum", {"board": 100, "queue": 40}), stage("analyze", {"board": 60}), share=0.0
    )
    assert "1 of 2 cells do other work (1 after analyze)." in said(run)
