"""What the gate says of a cell and of all: which reason comes first, in which words, and from where on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.cells.work import Difference
from bench.experiments.gate.cause import Blame
from bench.experiments.gate.decide import Evidence, decide_cell, overall
from bench.experiments.gate.record import CellResult, Session, Timed
from bench.model import Counters
from tests.builders import gates
from tests.experiments.gate.test_decide import sessions

BLAME = Blame("index queue_idx was dropped", "optimizations.sql", 12)
QUEUE = gates.counted()
WORSE = gates.counted(counters=gates.MORE_WORK)
LESS = replace(QUEUE, counters=Counters(buffers=6, rows=20, temp_blocks=0, heap_fetches=0))
OTHER_PLAN = replace(gates.counted(index=""), fingerprint="77b0")


def decided(**more: object) -> CellResult:
    made = {"base": QUEUE, "head": QUEUE, "writes": False, "expected": ""}
    return decide_cell(Evidence(**(made | more)), BLAME)


def timed(*shifts: float, base_ms: float = 5.0) -> Timed:
    return Timed("cpu", 6, sessions(*shifts, base_ms=base_ms))


def exact(ratio: float, base_ms: float = 5.0) -> Timed:
    """Three sessions in which every pair has this ratio."""
    stages = [Session(name, (base_ms,) * 24, (base_ms * ratio,) * 24) for name in "abc"]
    return Timed("cpu", 6, tuple(stages))


@pytest.mark.parametrize(
    ("more", "word", "reasons"),
    [
        ({}, "pass", []),
        ({"head": WORSE}, "regression", ["96 → 3,960 buffers", "0 → 12 temporary blocks", "20 → 14,020 rows touched"]),
        ({"head": WORSE, "again": (Difference("buffers", 1, 2, ""),)}, "regression", ["96 → 3,960 buffers"]),
        ({"head": WORSE, "again": ()}, "pass", []),
        ({"head": LESS}, "improvement", ["96 → 6 buffers"]),
        (
            {"head": replace(LESS, result_hash="77b0", result_rows=1_900)},
            "regression",
            ["returns other rows (20 before, 1,900 now)"],
        ),
        ({"head": None, "timeout_s": 2.5}, "regression", ["ran longer than 2.5 s, before: 96 buffers"]),
        ({"target": "missed"}, "regression", ["met the target, now misses it"]),
        (
            {"target": "slower machine"},
            "pass",
            ["over the target, and so is the old arm beside it: this machine is slower"],
        ),
        ({"target": "slower machine", "head": LESS}, "improvement", ["96 → 6 buffers"]),
        ({"head": OTHER_PLAN}, "plan changed", ["another plan, without more work"]),
        ({"timed": exact(1.5)}, "regression", ["+50% time in three independent sessions (at least +50%)"]),
        ({"timed": exact(2.996)}, "regression", ["+200% time in three independent sessions (at least +200%)"]),
        ({"timed": exact(3.0)}, "regression", ["3.0 times as long in three independent sessions (at least 3.0 times)"]),
        (
            {"timed": exact(9.96)},
            "regression",
            ["10.0 times as long in three independent sessions (at least 10.0 times)"],
        ),
        ({"timed": exact(10.4)}, "regression", ["10 times as long in three independent sessions (at least 10 times)"]),
        ({"timed": exact(0.5)}, "improvement", ["-50% time in three independent sessions"]),
        (
            {"timed": exact(0.5), "head": LESS},
            "improvement",
            ["96 → 6 buffers", "-50% time in three independent sessions"],
        ),
        ({"timed": exact(1.3, 0.05)}, "pass", ["+30% time, which is less than 20 µs an execution: no regression"]),
        ({"timed": exact(0.7, 0.05)}, "pass", []),
        ({"timed": exact(1.0)}, "pass", []),
        ({"timed": exact(1.0), "unclear": True}, "inconclusive", None),
        ({"unclear": True}, "pass", []),
        ({"timed": exact(1.0), "unclear": True, "head": LESS}, "improvement", ["96 → 6 buffers"]),
        ({"timed": exact(1.0), "unclear": True, "head": OTHER_PLAN}, "inconclusive", None),
        (
            {"timed": exact(1.5), "unclear": True, "target": "missed"},
            "regression",
            ["+50% time in three independent sessions (at least +50%)", "met the target, now misses it"],
        ),
        (
            {"head": WORSE, "expected": "until #12", "again": (Difference("buffers", 1, 2, ""),)},
            "accepted",
            ["96 → 3,960 buffers"],
        ),
        ({"head": LESS, "expected": "until #12"}, "improvement", ["96 → 6 buffers"]),
    ],
)
def test_a_cell_gets_the_gravest_word_with_all_its_reasons(more: dict, word: str, reasons: list[str] | None) -> None:
    found = decided(**more)
    assert found.word == word
    assert reasons is None or list(found.reasons) == reasons


def test_how_small_a_slow_down_noise_would_have_hidden_is_said() -> None:
    found = decided(timed=exact(1.0), unclear=True)
    assert found.reasons == (f"too noisy: a slow-down of less than {found.change.detectable:.0%} cannot be seen",)


def test_wal_counts_for_a_statement_that_writes_alone() -> None:
    base, head = (replace(QUEUE, counters=replace(gates.WORK, wal_bytes=wal)) for wal in (1_000, 90_000))
    assert decided(base=base, head=head).word == "pass"
    assert decided(base=base, head=head, writes=True).reasons == ("1,000 → 90,000 bytes of WAL",)
    assert decided(base=head, head=base).word == "pass"
    assert decided(base=head, head=base, writes=True).word == "improvement"


def test_a_cause_is_named_unless_the_cell_passes_and_the_place_always() -> None:
    passed, failed = decided(), decided(target="missed")
    assert (passed.cause, passed.file, passed.line) == ("", "optimizations.sql", 12)
    assert (failed.cause, failed.file, failed.line) == (BLAME.cause, "optimizations.sql", 12)


def test_what_the_plan_does_differently_is_told_where_its_fingerprint_is_another() -> None:
    assert decided(head=OTHER_PLAN).plan_changes == (
        "Index Scan using queue_idx on leads l became Seq Scan on leads l, 96 → 96 buffers",
    )
    assert decided(head=WORSE).plan_changes == decided(head=None).plan_changes == ()


def test_times_are_kept_with_what_they_say() -> None:
    found = decided(timed=exact(1.5))
    assert (found.timed.loops, found.change.ratio) == (6, pytest.approx(1.5))
    assert decided().change is None
    assert decided(head=WORSE).differences[0].counter == "buffers"
    assert decided(head=None).differences == ()


def cells(**words: int) -> list[CellResult]:
    return [gates.cell(word.replace("_", " "), f"{word}{at}") for word, many in words.items() for at in range(many)]


@pytest.mark.parametrize(
    ("words", "more", "found"),
    [
        ({"pass": 3}, {}, "pass"),
        ({"pass": 3, "improvement": 1}, {}, "improvement"),
        ({"pass": 3, "improvement": 1, "regression": 1}, {}, "regression"),
        ({"pass": 1, "accepted": 1, "plan_changed": 1}, {}, "pass"),
        ({"pass": 18, "inconclusive": 2}, {}, "pass"),
        ({"pass": 17, "inconclusive": 2}, {}, "inconclusive"),
        ({"improvement": 1, "inconclusive": 1}, {}, "inconclusive"),
        ({"improvement": 3}, {"controls_failed": True}, "inconclusive"),
        ({"regression": 1, "inconclusive": 9}, {"controls_failed": True}, "regression"),
        ({"pass": 1, "new": 1}, {"strict": True}, "regression"),
        ({"pass": 1, "gone": 1}, {"strict": True}, "regression"),
        ({"pass": 1, "not_compared": 1}, {"strict": True}, "regression"),
        ({"pass": 1, "new": 1, "gone": 1, "not_compared": 1}, {}, "pass"),
        ({"pass": 1, "improvement": 1}, {"strict": True}, "improvement"),
        ({"new": 2, "gone": 2}, {}, "inconclusive"),
        ({}, {}, "inconclusive"),
    ],
)
def test_the_gate_s_word_is_the_gravest_of_its_cells_and_silence_is_no_pass(
    words: dict, more: dict, found: str
) -> None:
    assert overall(cells(**words), **({"controls_failed": False, "strict": False} | more)) == found
