"""How the comparison of advisers judges, and what the advisers by estimate try: no server."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.model.attribution import IndexFacts, IndexKey
from benchmarks.advice import crm, greedy, judge
from benchmarks.advice.__main__ import command_line
from benchmarks.advice.hypothetical import Proposal, Statement, columns_in
from benchmarks.advice.judge import Seen
from benchmarks.advice.planted import Trap

BARE = {"orders[hot]": Seen(1000, 10.0, "seq"), "orders[empty]": Seen(2, 0.1, "pk"), "other[all]": Seen(50, 5.0, "x")}
ALONE = {"orders[hot]": Seen(20, 0.2, "idx"), "orders[empty]": Seen(2, 0.1, "pk")}
COLUMNS = {"orders": ("order_id", "customer_id", "status"), "customer": ("customer_id", "name")}
TEXT = "SELECT order_id FROM orders WHERE customer_id = $1 AND Status = 'x'"


# ------------------------------------------------------------------------------------------------- candidates
def test_columns_are_those_whose_names_stand_in_the_statement() -> None:
    statement = Statement("q", TEXT, (), ("orders", "customer"))
    named = [("orders", "order_id"), ("orders", "customer_id"), ("orders", "status"), ("customer", "customer_id")]
    assert columns_in(statement, COLUMNS) == named


def test_single_columns_leave_out_what_an_index_begins_with() -> None:
    named = [("orders", "order_id"), ("orders", "status")]
    there = frozenset({("orders", ("order_id",))})
    assert greedy.singles(named, there) == [Proposal("orders", ("status",))]


def test_pairs_are_ordered_and_of_one_table() -> None:
    named = [("orders", "a"), ("orders", "b"), ("customer", "c")]
    assert greedy.pairs(named, frozenset()) == [Proposal("orders", ("a", "b")), Proposal("orders", ("b", "a"))]


def test_a_pair_that_saves_less_than_half_of_the_cost_is_not_proposed() -> None:
    used = [Proposal("orders", ("a", "b"))]
    assert greedy.winners(used, "q", bare=1000, best=501) == ()
    assert greedy.winners(used, "q", bare=1000, best=500)[0].queries == ("q",)


def test_an_index_proposed_for_two_queries_is_one_proposal() -> None:
    (one,) = greedy.merged([Proposal("t", ("a",), ("q1",), 0.6), Proposal("t", ("a",), ("q2",), 0.9)])
    assert (one.queries, one.saving) == (("q1", "q2"), 0.9)


def test_a_proposal_quotes_its_names() -> None:
    assert Proposal("Order", ("user",)).ddl == 'CREATE INDEX ON "Order" ("user")'


# ------------------------------------------------------------------------------------------------- judged
def test_a_planted_index_helps_where_work_is_halved() -> None:
    assert judge.helped(BARE, ALONE, "orders") == ("orders[hot]",)


def test_less_time_by_the_same_plan_is_no_help() -> None:
    same = replace(BARE["orders[hot]"], ms=1.0)
    assert judge.helped(BARE, {"orders[hot]": same}, "orders") == ()
    assert judge.helped(BARE, {"orders[hot]": replace(same, fingerprint="idx")}, "orders") == ("orders[hot]",)


@pytest.mark.parametrize(("work", "found"), [(20, True), (22, True), (23, True), (24, False), (1000, False)])
def test_an_advised_set_finds_it_with_a_tenth_or_three_blocks_more(work: int, found: bool) -> None:
    advised = {**BARE, "orders[hot]": Seen(work, 0.2, "idx2")}
    assert judge.finds(ALONE, advised, ("orders[hot]",)) is found


def test_what_helps_nothing_is_never_found() -> None:
    assert not judge.finds(ALONE, BARE, ())


def test_a_query_meets_the_target_in_all_of_its_cells_or_not_at_all() -> None:
    assert judge.met(BARE, 5.0) == ("other",)
    assert judge.met({**BARE, **ALONE}, 5.0) == ("orders", "other")


def test_slower_is_more_work_and_more_time() -> None:
    worse = {"orders[hot]": Seen(1200, 12.0, "idx"), "other[all]": Seen(60, 4.0, "idx")}
    assert judge.slower(BARE, worse) == ("orders[hot]",)


def test_a_proposal_is_judged_by_the_queries_that_it_was_made_for() -> None:
    alone = {**BARE, **ALONE}
    assert judge.improves(BARE, alone, ("orders",))
    assert not judge.improves(BARE, alone, ("other",))


# ------------------------------------------------------------------------------------------------- traps
def index(*keys: str, table: str = "public.report", predicate: str = "") -> IndexFacts:
    return IndexFacts("i", table, "btree", tuple(map(IndexKey, keys)), predicate=predicate)


def test_a_trap_catches_an_index_on_these_keys_alone() -> None:
    trap = Trap("the sort alone", "", ("report",), ("reported_at",), unless="state")
    assert trap.catches(index("reported_at"))
    assert not trap.catches(index("state", "reported_at"))
    assert not trap.catches(index("reported_at", predicate="(state = 'open'::text)"))
    assert not trap.catches(index("reported_at", table="public.other"))


def test_a_trap_without_keys_catches_any_index_of_the_table() -> None:
    assert Trap("tiny", "", ("report",)).catches(index("anything"))


# --------------------------------------------------------------------------------------------- the CRM, by hand
BY_HAND = {"orders[hot]": Seen(40, 2.0, "idx"), "other[all]": Seen(60, 3.0, "seq")}
ADVISED = {"orders[hot]": Seen(900, 9.0, "seq"), "other[all]": Seen(50, 0.0, "seq", error="no such column")}


def test_a_class_that_fails_with_the_advice_is_lost() -> None:
    assert crm.lost(BY_HAND, ADVISED, 5.0) == ["orders[hot]", "other[all]"]
    assert crm.lost(BY_HAND, BY_HAND, 5.0) == []


def test_the_table_has_a_row_for_each_query_and_the_sentence_what_each_set_costs() -> None:
    queries = crm.by_query({"bare": BY_HAND, "hand": BY_HAND, "advised": BY_HAND}, 5.0)
    found = {
        "scale": 20_000, "queries": queries, "lost": [], "changes": {"hand": 3, "advised": 2},
        "disk_bytes": {"hand": 9e6, "advised": 4e6},
        "price": {"bare": {"insert": 100.0}, "hand": {"insert": 150.0}, "advised": {"insert": 110.0}},
    }  # fmt: skip
    assert [line.split(" | ")[0] for line in crm.table(found).splitlines()[2:]] == ["| other", "| orders"]
    assert "2 blocks, 4 MB, +10% WAL, 2 of 2 classes met" in crm.in_words(found)
    assert crm.in_words(found).endswith("no class that is met by hand is missed")


def test_the_evidence_names_no_folder_of_the_machine() -> None:
    asked = ["crm", "--home", "/some/where", "--scale", "20k"]
    assert command_line(asked) == "python -m benchmarks.advice crm --home HOME --scale 20k"
