"""Which word an optimization gets and in which sentence, the gravest first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.attribution.verdicts import verdicts
from bench.model import Attribution, GainCell
from tests.attribution.test_shapley import cell, tried
from tests.builders import attributed, runs
from tests.experiments.attribution.test_verdicts import judged, written

HELPS = {"": 900, "a": 10}
HARMS = {"": 10, "a": 900}
BOTH = {"": 900, "a": 10, "b": 10, "ab": 10}


def cells(costs: dict[str, int], *names: str) -> list[GainCell]:
    return [cell("a", costs, name) for name in names]


def few(one: GainCell, n: int) -> GainCell:
    """The same, each plan executed ``n`` times."""
    return replace(one, tried=tuple(replace(plan, samples_ms=plan.samples_ms[:n]) for plan in one.tried))


NO_HARM = " It changes no plan of 1 cell, so no verdict against 100 ms either."


@pytest.mark.parametrize(
    ("made", "more", "outcome", "sentence"),
    [
        (cells(HELPS, "q"), {}, "keep", "With it q[hot] (900 → 10 buffers) does less work."),
        (cells(HELPS, "q", "r"), {}, "keep", "With it q[hot] (900 → 10 buffers), r[hot] do less work."),
        (
            cells(HELPS, *"qrst"),
            {},
            "keep",
            "With it q[hot] (900 → 10 buffers), r[hot], s[hot] and 1 more do less work.",
        ),
        (
            [*cells({"": 90, "a": 10}, "q"), *cells(HELPS, "r")],
            {},
            "keep",
            "With it r[hot] (900 → 10 buffers), q[hot] do less work.",
        ),
        (
            cells(HELPS, "q"),
            {"write_costs": (written("a", 12_500),)},
            "keep, but it costs",
            "With it q[hot] (900 → 10 buffers) does less work. Its price: score_update writes 25% more WAL.",
        ),
        (
            [*cells(HELPS, "q"), *cells({"": 10, "a": 100}, "r")],
            {"write_costs": (written("a", 12_500),)},
            "keep, but it costs",
            "With it q[hot] (900 → 10 buffers) does less work. Its price: score_update writes 25% more WAL. "
            "It harms r[hot] (10 → 100 buffers).",
        ),
        (
            cells(HELPS, "q"),
            {"not_tried": {"a": "it stays"}},
            "keep",
            "With it q[hot] (900 → 10 buffers) does less work.",
        ),
        (cells(HELPS, "q"), {"needs": {"b": ("a",)}}, "keep", "With it q[hot] (900 → 10 buffers) does less work."),
        (cells({"": 10, "a": 10}, "q"), {"needs": {"b": ("a",), "c": ("a",)}}, "needed by others", "Needed by b, c."),
        (
            cells({"": 10, "a": 10}, "q"),
            {"not_tried": {"a": "it stays"}},
            "cannot tell",
            "It could not be taken away: it stays.",
        ),
    ],
)
def test_a_word_comes_with_what_calls_for_it(made: list[GainCell], more: dict, outcome: str, sentence: str) -> None:
    found = judged(*made, **more)["a"]
    assert (found.outcome, found.sentence) == (outcome, sentence)


@pytest.mark.parametrize(
    ("made", "more", "outcome", "begins"),
    [
        (cells(HARMS, "q"), {}, "harmful", "With it q[hot] (10 → 900 buffers) does more work. Decided by"),
        (
            cells(HARMS, "q", "r"),
            {},
            "harmful",
            "With it q[hot] (10 → 900 buffers), r[hot] do more work. Decided by",
        ),
        (cells(HARMS, "q"), {"not_tried": {"a": "it stays"}}, "harmful", "With it q[hot]"),
        (cells(HARMS, "q"), {"needs": {"b": ("a",)}}, "harmful", "With it q[hot]"),
        (
            [*cells(HELPS, "q"), *cells({"": 10, "a": 901}, "r")],
            {},
            "harmful",
            "With it r[hot] (10 → 901 buffers) does",
        ),
        (
            [*cells(HELPS, "q"), *cells({"": 10, "a": 900}, "r")],
            {},
            "harmful",
            "With it r[hot] (10 → 900 buffers) does",
        ),
        (
            [*cells(HELPS, "q"), *cells({"": 10, "a": 899}, "r")],
            {},
            "keep",
            "With it q[hot] (900 → 10 buffers) does less",
        ),
        (
            [cell("ab", BOTH)],
            {},
            "substitutable",
            "Alone it would help q[hot] (900 → 10 buffers), which the others do as well by b. Decided by",
        ),
        ([cell("ab", BOTH)], {"not_tried": {"a": "it stays"}}, "substitutable", "Alone it would help"),
        ([cell("ab", BOTH)], {"needs": {"b": ("a",)}}, "needed by others", "Needed by b."),
        (
            cells({"": 10, "a": 10}, "q"),
            {},
            "unused",
            "No query does less work with it, neither beside the others nor alone. Decided by",
        ),
        (
            cells({"": 10, "a": 10}, "q"),
            {"categories": {"a": "monitoring"}},
            "not for queries",
            "It guards or maintains the data; no plan of a query can show it.",
        ),
        (
            [cell("b", {"": 900, "b": 10})],
            {},
            "unused",
            "No query does less work with it, neither beside the others nor alone. It changes no plan of 1 cell, so no",
        ),
        (
            [cell("b", {"": 900, "b": 10}), cell("b", {"": 900, "b": 10}, "r")],
            {},
            "unused",
            "No query does less work with it, neither beside the others nor alone. It changes no plan of 2 cells,",
        ),
    ],
)
def test_an_advice_to_do_without_it_comes_with_what_decided(
    made: list[GainCell], more: dict, outcome: str, begins: str
) -> None:
    found = judged(*made, **more)["a"]
    assert found.outcome == outcome
    assert found.sentence.startswith(begins)


@pytest.mark.parametrize(("n", "words"), [(1, "1 execution of"), (14, "14 executions of"), (15, "")])
def test_an_advice_rests_on_fifteen_executions_of_each_side(n: int, words: str) -> None:
    found = judged(few(cell("a", HARMS), n))["a"]
    assert found.outcome == ("cannot tell" if words else "harmful")
    assert (f"But that rests on {words} a side; 15 are asked for." in found.sentence) is bool(words)


def test_harm_of_a_few_executions_is_not_said_of_what_is_kept() -> None:
    for n, said in ((14, False), (15, True)):
        found = judged(cell("a", {"": 9_000, "a": 10}, "gainer"), few(cell("a", {"": 10, "a": 100}, "loser"), n))["a"]
        assert found.outcome == "keep"
        assert ("It harms loser[hot]" in found.sentence) is said


@pytest.mark.parametrize(
    ("without", "with_it", "seen"),
    [
        (tried(111, 90.0), tried(100, 3.0), "(111 → 100 buffers)"),  # a tenth of the buffers
        (tried(109, 90.0), tried(100, 3.0), "(90.0 ms → 3.00 ms)"),
        (tried(100, 90.0), tried(109, 3.0), "(90.0 ms → 3.00 ms)"),
        (tried(0, 30_000.0, censored=True), tried(9, 3.0), "(> 30.0 s → 3.00 ms)"),
    ],
)
def test_what_is_seen_in_a_cell_is_its_buffers_where_they_moved_else_its_time(without, with_it, seen: str) -> None:
    made = replace(cell("a", HELPS), tried=(without, with_it))
    assert judged(made)["a"].sentence == f"With it q[hot] {seen} does less work."


def test_a_cell_stopped_with_it_is_harm_and_shown_as_such() -> None:
    made = replace(cell("a", HARMS), tried=(tried(9, 3.0), tried(0, 30_000.0, censored=True)))
    found = judged(made)["a"]
    assert found.outcome == "harmful"
    assert found.sentence.startswith(
        "With it q[hot] (3.00 ms → > 30.0 s) does more work, and it helps nobody. Decided by the statement timeout"
    )


def test_whether_the_smallest_set_holds_it_is_told_where_that_was_asked() -> None:
    assert judged(cell("a", HELPS))["a"].in_smallest is None
    found = judged(cell("a", HELPS), smallest=attributed.proved(kept=("a",)))
    assert (found["a"].in_smallest, found["b"].in_smallest) == (True, False)


def test_what_was_not_applied_gets_no_word_and_without_cells_none_does() -> None:
    blocks = tuple(runs.optimization(name) for name in "ba")
    run = replace(runs.run(runs.pair()), optimizations=blocks, applied=(runs.applied("a"),))
    assert [one.name for one in verdicts(replace(run, attribution=Attribution(cells=(cell("a", HELPS),))))] == ["a"]
    assert verdicts(replace(run, attribution=Attribution())) == ()
