"""A run on databases that were written to: both states alike, the fresh figures beside the aged ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.cli import main
from bench.experiments.before_after.beside import NOT_AGED
from bench.experiments.before_after.run import RunOptions, run
from bench.experiments.before_after.summary import summarize
from bench.experiments.compare.comparability import comparable, facts_of
from bench.experiments.setup import SetupOptions
from bench.model import Aged, ChurnPhase, Options, Run, TableChurned
from bench.postgres.servers import ServerHandle
from bench.workload import read
from tests.builders import runs
from tests.experiments.before_after.formats import FORMATS

pytestmark = pytest.mark.usefixtures("_templates_go")

CHURN = """UPDATE orders SET status = status WHERE (hashint8(order_id) & 1023) < :share * 1024;
DELETE FROM orders WHERE (hashint8(order_id + :round) & 1023) < :share * 512;
"""


def phase(updated: int = 200) -> ChurnPhase:
    return ChurnPhase("churn.sql", 10, 1.5, 9_000_000, (TableChurned("crm.leads", 1000, 0, updated, 30, 20, 190),))


FRESH = runs.run(runs.pair("queue", "hot"))
AGED = replace(
    runs.run(runs.pair("queue", "hot", after_ms=120)), aged=Aged(0.2, "c0ffee", phase(), phase()), fresh=FRESH.pairs,
    options=replace(FRESH.options, aged=0.2),
)  # fmt: skip


@pytest.fixture
def aged(shop: Path, server: ServerHandle) -> Run:
    """The example, a fifth of its orders written."""
    (shop / "churn.sql").write_text(CHURN)
    setup = SetupOptions(read(shop), 1000, 1, "default", 1, 10**10)
    options = Options(2, 0.0, 30.0, 1, 1, 100.0, aged=0.2)
    return run(setup, RunOptions(options, aa=True), server, lambda _: None)


def test_both_states_are_written_alike_and_answer_alike_afterwards(aged: Run) -> None:
    assert aged.status == "complete"
    (table,) = aged.aged.after.tables
    assert (table.name, aged.aged.after.source) == ("public.orders", "churn.sql")
    assert table.updated > 0
    assert table.deleted > 0
    assert table.dead_rows > 0
    assert aged.aged.differing == ()
    assert all(pair.equality and pair.equality.equal for pair in aged.pairs)


def test_the_visibility_map_is_that_of_a_table_that_lives(aged: Run) -> None:
    """What an index-only scan fetches from the heap: nothing where the table was just vacuumed."""

    def touched(pairs) -> int:
        return sum(pair.before.plan.counters.buffers for pair in pairs if pair.before.plan)

    reads = [pair for pair in aged.pairs if pair.query in {one.query for one in aged.fresh}]
    assert len(aged.fresh) == len(reads) > 0
    assert touched(reads) > touched(aged.fresh)


def test_a_workload_that_does_not_say_how_it_ages_is_told_so(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(shop), "--aged", "20%"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "--aged 20%: the workload has no churn.sql" in said
    assert "leave --aged out" in said


@pytest.mark.parametrize("name", ["html", "md"])
def test_fresh_stands_beside_aged(name: str) -> None:
    shown = " ".join(FORMATS[name](AGED).split())
    assert "Fresh beside aged" in shown
    assert "Aged: churn.sql wrote 20 % of the rows of each table" in shown
    assert "Fresh only" not in shown


def test_a_verdict_that_age_turns_is_named_on_the_first_screen() -> None:
    said = " ".join(summarize(AGED).paragraph)
    assert "Another verdict than aged by 20 %: Queue (" in said


@pytest.mark.parametrize("name", ["html", "md"])
def test_a_run_that_was_fresh_only_says_so(name: str) -> None:
    assert NOT_AGED.partition(":")[0] in FORMATS[name](FRESH)


def test_states_that_were_written_differently_are_an_alarm() -> None:
    apart = replace(AGED, aged=Aged(0.2, "c0ffee", phase(), phase(updated=199)))
    assert "The churn wrote other rows before than after the optimizations in crm.leads" in summarize(apart).alarms
    assert not summarize(AGED).alarms


def test_a_fresh_run_and_an_aged_one_are_not_compared() -> None:
    found = comparable(facts_of(FRESH), facts_of(AGED))
    assert (found.level, found.counters[0].short) == ("nothing", "another age")
