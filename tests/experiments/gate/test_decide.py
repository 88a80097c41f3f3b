"""The gate's decisions, without a server."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from statistics import median

import pytest

from bench.cells.work import more_work
from bench.experiments.gate import times
from bench.experiments.gate.both_arms import BothArms, decide_all
from bench.experiments.gate.cause import Suspects
from bench.experiments.gate.decide import Evidence, decide_cell, overall
from bench.experiments.gate.fingerprint import differences
from bench.experiments.gate.record import Catalog, Counted, Fingerprint, QueryFacts, Session, Timed
from tests.builders import gates, runs


# ------------------------------------------------------------------------------------------------------ times
def pairs(shift: float, spread: float, number: int, seed: int = 1) -> list[float]:
    rng = random.Random(seed)
    found = [rng.gauss(0, spread) for _ in range(number)]
    middle = median(found)
    return [value - middle + math.log(1 + shift) for value in found]


def session(name: str, shift: float, spread: float = 0.02, number: int = 24, base_ms: float = 5.0) -> Session:
    base = (base_ms,) * number
    return Session(name, base, tuple(base_ms * math.exp(value) for value in pairs(shift, spread, number)))


def sessions(*shifts: float, base_ms: float = 5.0) -> tuple[Session, ...]:
    return tuple(session(str(number), shift, base_ms=base_ms) for number, shift in enumerate(shifts))


@pytest.mark.parametrize(("n", "rank"), [(48, 16), (128, 51), (7, 1)])
def test_the_lower_bound_is_the_order_statistic_of_the_sign_test(n, rank):
    assert times.lower_bound([float(value) for value in range(1, n + 1)]) == rank


def test_six_pairs_give_no_lower_bound_at_99_per_cent():
    assert times.lower_bound([1.0] * 6) == -math.inf


def test_a_quiet_cell_passes_the_screen_at_the_first_look():
    look = times.screen(pairs(0.01, 0.02, 12), last=False)
    assert (look.done, look.suspicious, look.unclear) == (True, False, False)


def test_a_slower_and_a_faster_cell_are_suspicious():
    assert times.screen(pairs(0.2, 0.02, 12), last=False).suspicious
    assert times.screen(pairs(-0.2, 0.02, 12), last=False).suspicious


def test_a_cell_near_the_limit_is_measured_on():
    assert not times.screen(pairs(0.06, 0.06, 12), last=False).done


def test_noise_that_could_hide_the_promised_slow_down_is_no_pass():
    look = times.screen(pairs(0.02, 1.0, 48), last=True)
    assert look.done
    assert look.unclear
    assert not look.suspicious


def test_a_regression_needs_all_three_sessions():
    assert times.confirmed(sessions(0.2, 0.2, 0.2), slower=True)
    assert not times.confirmed(sessions(0.2, 0.2), slower=True)
    assert not times.confirmed(sessions(0.2, 0.2, 0.09), slower=True)
    assert not times.confirmed(sessions(0.2, -0.2, 0.2), slower=True)
    assert not times.confirmed(sessions(-0.9, 1.7, 0.3), slower=True), "noise that points the other way first"


def test_a_regression_needs_a_lower_bound_beyond_chance():
    wide = tuple(session(str(number), 0.12, spread=0.6) for number in range(3))
    assert not times.confirmed(wide, slower=True)


def test_twenty_microseconds_are_not_worth_a_red_build():
    small = decide_cell(evidence(timed=Timed("cpu", 90, sessions(0.3, 0.3, 0.3, base_ms=0.05))), blame())  # type: ignore[arg-type]
    assert (small.word, small.reasons[0]) == ("pass", "+30% time, which is less than 20 µs an execution: no regression")
    assert word(timed=Timed("cpu", 90, sessions(0.5, 0.5, 0.5, base_ms=0.05))) == "regression"


def test_a_faster_cell_is_confirmed_like_a_slower_one():
    assert times.confirmed(sessions(-0.2, -0.2, -0.2), slower=False)
    assert not times.confirmed(sessions(-0.2, -0.2, -0.2), slower=True)


def test_controls_that_differ_beyond_chance_disagree():
    assert times.controls_agree([pairs(0.04, 0.02, 48), pairs(-0.03, 0.02, 48)])
    assert not times.controls_agree([pairs(0.0, 0.02, 48), pairs(-0.07, 0.02, 48)])


def test_controls_that_differ_by_chance_agree():
    assert times.controls_agree([pairs(0.06, 0.5, 48)])


def test_controls_that_would_not_see_the_promised_slow_down_vouch_for_nothing():
    assert not times.controls_agree([pairs(0.0, 0.02, 48), pairs(0.0, 1.2, 48)])


def test_what_is_plainly_another_time_takes_few_pairs_and_noise_that_looks_so_takes_many():
    assert times.confirm_pairs(pairs(1.0, 0.02, 12)) == times.CONFIRM_PAIRS_PLAIN
    assert times.confirm_pairs(pairs(1.0, 3.0, 12)) == times.CONFIRM_PAIRS_NOISY


@pytest.mark.parametrize("spread", [0.02, 0.08, 0.16])
def test_the_smallest_visible_change_is_found_nineteen_times_in_twenty(spread):
    rng = random.Random(7)
    shift = math.log(1 + times.detectable(pairs(0, spread, 48)))

    def taken(number: int) -> Session:
        values = [rng.gauss(shift, spread) for _ in range(number)]
        return Session("", (5.0,) * number, tuple(5.0 * math.exp(value) for value in values))

    confirming = times.confirm_pairs(pairs(0, spread, 48))
    found = [times.confirmed((taken(48), taken(confirming), taken(confirming)), slower=True) for _ in range(400)]
    assert sum(found) / 400 == pytest.approx(0.95, abs=0.04)


# ------------------------------------------------------------------------------------------------ fingerprints
def fingerprint(**more: object) -> Fingerprint:
    made: dict[str, object] = {
        "server_version": "18.6", "settings": {"work_mem": "16384 kB"}, "workload": "crm", "scale": 20_000,
        "unit": "leads", "seed": 1, "skew": "default", "clock": "2026-01-01",
        "tables": {"crm.leads": "20,000 rows, 1f3a"},
    }  # fmt: skip
    return Fingerprint(**(made | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"server_version": "18.7"}, "PostgreSQL: 18.6 in the baseline, 18.7 now"),
        ({"scale": 5_000}, "scale (leads): 20000 in the baseline, 5000 now"),
        ({"settings": {"work_mem": "4096 kB"}}, "setting work_mem: 16384 kB in the baseline, 4096 kB now"),
        (
            {"tables": {"crm.leads": "20,000 rows, 77b0"}},
            "rows of crm.leads: 20,000 rows, 1f3a in the baseline, 20,000 rows, 77b0 now",
        ),
    ],
)
def test_a_part_of_the_fingerprint_that_differs_is_named(more, said):
    assert differences(fingerprint(), fingerprint(**more)) == (said,)


def test_a_table_that_only_one_arm_has_is_part_of_the_change():
    assert not differences(fingerprint(), fingerprint(tables={"crm.leads": "20,000 rows, 1f3a", "crm.new": "1"}))


# ----------------------------------------------------------------------------------------------------- verdicts
def evidence(**more: object) -> Evidence:
    made: dict[str, object] = {"base": gates.counted(), "head": gates.counted(), "writes": False, "expected": ""}
    return Evidence(**(made | more))  # type: ignore[arg-type]


def blame() -> object:
    suspects = Suspects(Catalog(), Catalog(), frozenset(), {"queue": runs.query()}, {})
    return suspects.blame(gates.counted(), gates.counted())


def word(**more: object) -> str:
    return decide_cell(evidence(**more), blame()).word  # type: ignore[arg-type]


WORSE = gates.counted(counters=gates.MORE_WORK, index="")


def test_the_same_work_passes():
    assert word() == "pass"


def test_more_work_is_a_regression_when_counted_twice():
    twice = more_work(gates.WORK, gates.MORE_WORK, writes=False)
    assert word(head=WORSE, again=twice) == "regression"
    assert word(head=WORSE, again=()) != "regression"


def test_other_rows_are_a_regression():
    assert word(head=replace(gates.counted(), result_hash="77b0")) == "regression"


def test_a_timeout_is_a_regression():
    cell = decide_cell(evidence(head=None, timeout_s=30.0), blame())  # type: ignore[arg-type]
    assert (cell.word, cell.reasons[0]) == ("regression", "ran longer than 30 s, before: 96 buffers")


def test_a_slower_cell_is_a_regression_without_more_work():
    assert word(timed=Timed("cpu", 6, sessions(0.3, 0.3, 0.3))) == "regression"


def test_another_plan_without_more_work_warns():
    assert word(head=replace(gates.counted(index="other_idx"), fingerprint="77b0")) == "plan changed"


def test_an_expected_regression_is_accepted_with_its_reason():
    cell = decide_cell(evidence(head=WORSE, expected="until #12"), blame())  # type: ignore[arg-type]
    assert (cell.word, cell.expected) == ("accepted", "until #12")


def test_noise_is_no_pass():
    assert word(unclear=True, timed=Timed("cpu", 6, (session("screen", 0.0, spread=0.9),))) == "inconclusive"


def test_a_lost_target_is_a_regression_and_a_slower_machine_none():
    assert word(target="missed") == "regression"
    assert word(target="slower machine") == "pass"


def test_a_regression_outweighs_a_noisy_machine_and_noise_outweighs_a_pass():
    cells = [gates.cell("pass", f"q{number}") for number in range(9)]
    assert overall([*cells, gates.cell("regression")], controls_failed=True, strict=False) == "regression"
    assert overall(cells, controls_failed=True, strict=False) == "inconclusive"
    noisy = [gates.cell("inconclusive", f"n{number}") for number in range(2)]
    assert overall([*cells, *noisy], controls_failed=False, strict=False) == "inconclusive"
    assert overall([*cells, noisy[0]], controls_failed=False, strict=False) == "pass"


def test_a_gate_that_compared_nothing_did_not_pass():
    assert overall([], controls_failed=False, strict=False) == "inconclusive"
    assert overall([gates.cell("new")], controls_failed=False, strict=False) == "inconclusive"


def test_strict_fails_on_queries_that_came_or_went():
    assert overall([gates.cell(), gates.cell("gone")], controls_failed=False, strict=True) == "regression"


# ------------------------------------------------------------------------------------------- table and causes
def table(**more: object) -> BothArms:
    cell = gates.counted()
    made: dict[str, object] = {
        "reference": {cell.key: cell}, "beside": {cell.key: cell}, "head": {cell.key: cell},
        "args": {cell.key: cell.args}, "queries": {"queue": runs.query()}, "optimizations": {},
        "hashes": {"queue": "aa"}, "facts": {"queue": QueryFacts("aa")}, "catalogs": (Catalog(), Catalog()),
    }  # fmt: skip
    return BothArms(**(made | more))  # type: ignore[arg-type]


def judged(seen: BothArms) -> dict[str, tuple[str, str]]:
    return {cell.query: (cell.word, " ".join(cell.reasons)) for cell in decide_all(seen, {}, (), 30.0)}


def test_a_missed_target_is_counted_again_where_the_arms_could_differ_and_nowhere_else():
    key = gates.counted().key
    missed = table(head={key: replace(gates.counted(), target="misses")})
    assert missed.worse() == [key]
    one = replace(missed, same=frozenset({key}))
    assert one.worse() == []
    assert one.target(key) == "slower machine"
    assert replace(one, head={key: replace(WORSE, target="misses")}).worse() == [key]


def test_a_renamed_query_is_said_to_be_one():
    old: Counted = gates.counted("old_queue")
    seen = judged(table(reference={old.key: old}, facts={"old_queue": QueryFacts("aa")}))
    assert seen["queue"] == ("new", "was old_queue: the same statement under another name")
    assert seen["old_queue"][0] == "gone"


def test_a_query_asked_with_other_values_is_not_compared():
    key = gates.counted().key
    seen = judged(table(args={key: ({"organization_id": "2"},)}))
    assert seen["queue"] == ("not compared", "asked with other parameters: organization_id was 1, is 2")


def test_an_expected_regression_expires_with_the_baseline_that_has_it():
    reason = {"queue": runs.query(expected="until #12")}
    assert table(queries=reason).expected("queue") == "until #12"
    known = {"queue": QueryFacts("aa", "until #12")}
    assert table(queries=reason, facts=known).expected("queue") == ""


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({"crm.queue_idx": "a"}, {}, "index crm.queue_idx was dropped"),
        ({"crm.queue_idx": "a"}, {"crm.queue_idx": "b"}, "index crm.queue_idx changed: a became b"),
        ({}, {"crm.queue_idx": "a"}, "new index crm.queue_idx"),
    ],
)
def test_an_index_of_the_plan_that_changed_is_the_cause(before, now, said):
    suspects = Suspects(Catalog(before), Catalog(now), frozenset(), {"queue": runs.query()}, {})
    assert suspects.blame(gates.counted(), WORSE).cause == said


def test_a_changed_definition_is_told_from_the_access_method_on():
    before, now = (f"CREATE INDEX queue_idx ON crm.leads USING btree ({keys})" for keys in ("a, b", "b"))
    suspects = Suspects(
        Catalog({"crm.queue_idx": before}), Catalog({"crm.queue_idx": now}), frozenset(), {"queue": runs.query()}, {}
    )
    cause = suspects.blame(gates.counted(), WORSE).cause
    assert cause == "index crm.queue_idx changed: btree (a, b) became btree (b)"


def test_a_changed_statement_is_the_nearest_cause():
    suspects = Suspects(Catalog({"crm.queue_idx": "a"}), Catalog(), frozenset({"queue"}), {"queue": runs.query()}, {})
    found = suspects.blame(gates.counted(), WORSE)
    assert (found.cause, found.file, found.line) == ("its statement changed", "queries/queue.sql", 7)


def test_a_changed_optimization_is_pointed_at():
    block = runs.optimization("queue_idx")
    suspects = Suspects(
        Catalog({"crm.queue_idx": "a"}), Catalog({"crm.queue_idx": "b"}), frozenset(), {"queue": runs.query()},
        {"queue_idx": block},
    )  # fmt: skip
    assert suspects.blame(gates.counted(), WORSE).file == "optimizations.sql"


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({"queue_idx": "a"}, {}, "optimization queue_idx was removed"),
        ({}, {"queue_idx": "a"}, "optimization queue_idx is new"),
        ({"queue_idx": "a"}, {"queue_idx": "b"}, "optimization queue_idx changed"),
    ],
)
def test_where_no_index_of_the_plan_moved_the_optimization_that_did_is_named(before, now, said):
    queries, blocks = {"queue": runs.query()}, {"queue_idx": runs.optimization("queue_idx")}
    base, head = (Catalog(optimizations=found) for found in (before, now))
    assert Suspects(base, head, frozenset(), queries, blocks).blame(gates.counted(), WORSE).cause == said


def test_other_data_and_other_statistics_are_told_apart():
    old, new = gates.counted(), replace(WORSE, fingerprint="77b0")
    rows = Suspects(
        Catalog(tables={"crm.leads": 100}), Catalog(tables={"crm.leads": 900}), frozenset(), {"queue": runs.query()}, {}
    )
    assert rows.blame(old, new).cause == "data changed: crm.leads has 900 rows, before 100"
    same = Suspects(Catalog(), Catalog(), frozenset(), {"queue": runs.query()}, {})
    assert "statistics" in same.blame(old, new).cause
