"""What the page of all results decides: answers, their age, the commands that find out, and trends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bench.overview.figure import layout
from bench.overview.record import Answers, Entry, Figure
from bench.overview.summary import OTHERS, Listed, Ready, Trend, age, summarize

NOW = datetime(2026, 12, 2, 12, tzinfo=UTC)
RUN = Entry("run", "run", "2026-12-01T12:00:00+00:00", "complete", "shop", "5,000 orders", "3 of 3 meet", page="p.html")


def entry(hour: int, *figures: Figure, answers: Answers | None = None, **changed: str) -> Listed:
    moment = f"2026-12-01T{hour:02}:00:00+00:00"
    made = replace(RUN, started_at=moment, figures=figures, answers=answers or {}, **changed)
    return Listed(f"{hour:02}-run", made)


def ready(*found: Listed) -> dict[str, Ready]:
    (workload,) = summarize(found, (), NOW).workloads
    return {one.question: one for one in workload.ready}


def trends(*values: tuple[float, str, float]) -> tuple[Trend, ...]:
    found = [entry(hour, Figure("time, ms", *value)) for hour, value in enumerate(values)]
    return summarize(found, (), NOW).workloads[0].trends


def test_the_newest_answer_counts_and_says_how_old_it_is() -> None:
    found = ready(entry(9, answers={"meets": "no"}), entry(11, answers={"meets": "yes"}), entry(12))["meets"]
    assert (found.answer, found.age, found.stale) == ("yes", "1 day ago", "")
    assert found.found
    assert found.found.href == "11-run/p.html"


def test_an_answer_from_before_the_files_were_changed_says_so() -> None:
    found = ready(entry(9, answers={"plans": "yes"}, workload_hash="a"), entry(10, workload_hash="b"))
    assert found["plans"].stale == "the workload's files were changed since"


def test_what_was_not_asked_has_the_command_that_finds_out() -> None:
    found = ready(entry(9, given="my shop"))
    assert found["load"].command == "pgproof load 'my shop'"
    assert found["scale"].command == "pgproof scale --from 500 --to 50000 'my shop'"
    assert {one.answer for one in found.values()} == {None}


def test_workloads_stand_apart_the_newest_first() -> None:
    made = summarize([entry(9, workload="crm", answers={"gate": "no"}), entry(10)], ("lost",), NOW)
    assert [one.name for one in made.workloads] == ["shop", "crm"]
    assert made.headline.endswith("crm: 0 of 7 answers yes, 1 no, 6 not asked")
    assert made.unread == ("lost",)


def test_ages_are_said_in_the_largest_unit() -> None:
    moments = ("2026-12-02T11:59:40+00:00", "2026-12-02T11:15:00+00:00", "2026-11-30T11:00:00+00:00")
    assert [age(moment, NOW) for moment in moments] == ["just now", "45 minutes ago", "2 days ago"]


def test_a_difference_within_the_noise_is_said_to_be_that() -> None:
    (found,) = trends((100, "a", 5), (103, "a", 5))
    assert found.sentence == "The last 3.0% more than the one before, within what equal executions differ by (5.0%)."
    (found,) = trends((100, "a", 5), (120, "a", 5))
    assert found.sentence == "The last 20.0% more than the one before."


def test_only_what_compares_is_in_a_trend() -> None:
    (found,) = trends((100, "a", 0), (7, "b", 0), (50, "a", 0), (9, "c", 0))
    assert ([figure.value for _, figure in found.points], found.sentence) == ([100, 50], OTHERS)
    assert not trends((100, "a", 0), (100, "b", 0))


def test_a_small_change_is_drawn_small() -> None:
    """The axis spans a factor of four at least, of which 3 % are a fiftieth."""
    (found,) = trends((100, "a", 5), (103, "a", 5))
    drawing = layout(found)
    assert drawing.height < 150
    low, high = found.band
    assert low < 100 < 103 < high
