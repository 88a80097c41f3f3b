"""Advice within a budget on a real server: what it forbids, what comes in its place, and the set as the gate's base."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.advise.command import _bytes
from bench.experiments.advise.document import advised as text_of
from bench.experiments.advise.record import AdviseRun
from bench.experiments.advise.run import AdviseOptions, run
from bench.experiments.advise.summary import AdviseSummary, summarize
from bench.experiments.gate.run import make_baseline
from bench.experiments.gate.run import run as run_gate
from bench.experiments.origin import Origin
from bench.model.advised import Limits
from bench.postgres.servers import ServerHandle
from bench.workload import Workload, read
from tests.builders.advised import more_shop
from tests.builders.shops import gate_of, setup_of
from tests.experiments.advise.test_run import OPTIONS

ORDERS = 10_000
DISK = 300_000


def advice_on(workload: Workload, server: ServerHandle, limits: Limits, **more: object) -> AdviseRun:
    chosen = AdviseOptions(replace(OPTIONS, target_ms=1.0), limits, explore_s=60.0, ship=False)
    return run(setup_of(workload, ORDERS, **more), chosen, Origin(), server, lambda _: None)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workload:
    return more_shop(tmp_path_factory.mktemp("advised"))


@pytest.fixture(scope="module")
def advice(shop: Workload, server: ServerHandle, _templates_go: None) -> AdviseRun:
    """Within half a megabyte, which a covering index for the towns would take alone."""
    return advice_on(shop, server, Limits(disk_bytes=_bytes("300kB")))


@pytest.fixture(scope="module")
def summary(advice: AdviseRun) -> AdviseSummary:
    return summarize(advice)


def test_the_new_indexes_take_no_more_disk_than_is_granted(summary: AdviseSummary) -> None:
    assert summary.whole is not None
    assert 0 < summary.whole.size_bytes <= DISK
    said = [one.reason for one in summary.losers if "more than --disk grants" in one.reason]
    assert said


def test_a_page_by_its_cursor_is_proved_equal_and_stands_beside_the_statement(
    advice: AdviseRun, summary: AdviseSummary
) -> None:
    """The first page has no row before it, so its class is not tried."""
    (found,) = (one for one in summary.rewrites if one.proposal.candidate.cursor)
    assert (found.says in ("faster", "less work"), [cell.parameter_class for cell in found.cells]) == (True, ["deep"])
    before, after = found.cells[0].before.counters, found.cells[0].after.counters
    assert before is not None
    assert after is not None
    assert before.buffers > 10 * after.buffers
    assert found.cells[0].equality == "equal"
    assert "cannot replace it" in found.sentence
    assert found.proposal.block.name not in advice.chosen


def test_a_budget_of_write_cost_leaves_out_what_is_dear_to_write(shop: Workload, server: ServerHandle) -> None:
    seen = advice_on(shop, server, Limits(write_share=2.0), only=("note_search", "open_orders"))
    made = {one.block.name for one in seen.proposals if one.block.name in seen.chosen}
    assert made == {"orders_status_with_total_cents_idx"}
    said = {one.proposal.block.name: one.reason for one in summarize(seen).losers}
    assert "more than --write-cost grants" in said["orders_note_trgm_idx"]


# -------------------------------------------------------------------------------------------------------- the gate
def test_the_gate_sees_that_blocks_of_the_advice_are_gone(
    advice: AdviseRun, summary: AdviseSummary, shop: Workload, server: ServerHandle
) -> None:
    """advised.sql is what optimizations.sql would be: a pull request that takes out what a query needs is worse."""
    (shop.root / "optimizations.sql").write_text(text_of(advice, summary))
    base = read(shop.root)
    (shop.root / "optimizations.sql").unlink()
    kinds = {one.block.name: one.candidate.kind for one in advice.proposals if one.block.name in advice.chosen}
    assert set(kinds.values()) == {"index", "statistics", "drop"}
    serves = {query: one.name for one in summary.changes if not one.is_drop for query in one.block.serves}
    head = replace(base, optimizations=tuple(block for block in base.optimizations if kinds[block.name] == "drop"))
    asked = {"scale": ORDERS, "base": None, "only": (*serves, "countries")}
    baseline = make_baseline(gate_of(base, **asked), server)
    found = run_gate(gate_of(head, baseline=baseline, **asked), server)
    words = {cell.query: cell.word for cell in found.cells if cell.word != "pass"}
    assert words.keys() == serves.keys()
    assert "regression" in words.values()
    assert found.overall == "regression"
    index, statistics = (next(n for n, kind in kinds.items() if kind == wanted) for wanted in ("index", "statistics"))
    causes = {cell.query: cell.cause for cell in found.cells if cell.word == "regression"}
    assert {serves[query] for query in causes} == {index, statistics}
    assert any(f"{index} was dropped" in cause for cause in causes.values())
