"""Advice on the example, on a real server: what it lacks is proposed, proved, and not proposed again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest

from bench.cli import main
from bench.errors import WorkloadError
from bench.experiments.advise.command import _bytes
from bench.experiments.advise.document import advised as text_of
from bench.experiments.advise.document import document
from bench.experiments.advise.one_query import with_query
from bench.experiments.advise.record import AdviseRun
from bench.experiments.advise.run import AdviseOptions, run
from bench.experiments.advise.summary import summarize
from bench.experiments.origin import Origin
from bench.model import Options
from bench.model.advised import Limits
from bench.postgres.servers import ServerHandle
from bench.report import markdown
from bench.report.html import render as html
from bench.statistics.looks import rule
from bench.workload import Workload, read
from tests import SHOP
from tests.builders import runs
from tests.builders.shops import setup_of
from tests.experiments.before_after.test_document import Page

ORDERS = 20_000
OPTIONS = Options(rounds=2, budget_s=0.0, timeout_s=5.0, warmups=1, seed=1, target_ms=1.0, verdicts=rule())
"""A target of 1 ms, so that what 20,000 orders lack is missed as it would be in a table of millions."""


def advice_on(workload: Workload, server: ServerHandle, kept: list[AdviseRun], **more: object) -> AdviseRun:
    chosen = AdviseOptions(OPTIONS, Limits(), explore_s=60.0, ship=False, **more)  # type: ignore[arg-type]
    return run(setup_of(workload, ORDERS), chosen, Origin(), server, kept.append)


@pytest.fixture(scope="module")
def kept() -> list[AdviseRun]:
    return []


@pytest.fixture(scope="module")
def advice(server: ServerHandle, kept: list[AdviseRun], _templates_go: None) -> Iterator[AdviseRun]:
    return advice_on(read(SHOP), server, kept)


def test_what_the_queries_lack_is_in_the_set(advice: AdviseRun) -> None:
    chosen = [one.candidate for one in advice.proposals if one.block.name in advice.chosen]
    made = [one.index for one in chosen if one.kind == "index" and one.index]
    assert {index.keys[0] for index in made} == {"customer_id", "status"}


def test_the_set_is_proved_by_equal_answers_and_less_work(advice: AdviseRun) -> None:
    assert len(advice.pairs) == len(advice.cells) == 7
    assert all(pair.equality and pair.equality.equal for pair in advice.pairs)
    (found,) = (pair for pair in advice.pairs if pair.query == "open_orders")
    before, after = found.before.plan, found.after.plan
    assert before is not None
    assert after is not None
    assert before.counters.buffers > 10 * after.counters.buffers


def test_every_candidate_is_in_the_set_or_has_its_reason(advice: AdviseRun) -> None:
    summary = summarize(advice)
    said = {one.proposal.block.name: one.reason for one in summary.losers}
    assert said.keys() | set(advice.chosen) == {one.block.name for one in advice.proposals}
    assert all(said.values())


def test_what_would_speed_up_what_is_within_the_target_says_so(advice: AdviseRun) -> None:
    """With a target of 20 ms nobody waits for any of the queries; the curve shows what could be had all the same."""
    summary = summarize(replace(advice, chosen=(), applied=(), drops=(), options=replace(OPTIONS, target_ms=20.0)))
    assert any("which is within the target already (--beyond-target)" in one.reason for one in summary.losers)
    assert summary.curves[0][-1].names


def test_each_change_has_its_price(advice: AdviseRun) -> None:
    for one in summarize(advice).changes:
        if one.is_drop:
            continue
        assert one.size_bytes > 0
        assert one.write_share > 0
        assert one.concurrent[0].startswith("CREATE INDEX CONCURRENTLY")
        assert one.undo[0].startswith("DROP INDEX CONCURRENTLY")


def test_an_index_says_of_which_updates_new_rows_stop_staying_on_their_page(advice: AdviseRun) -> None:
    """Of the workload's own queries: there is no writes/, and made-up inserts update nothing."""
    made = [(one, one.proposal.candidate.index) for one in summarize(advice).changes if not one.is_drop]
    assert any("status" in index.keys for _, index in made if index)
    for one, index in made:
        assert index is not None
        holds = "status" in (*index.keys, *index.include, index.predicate)
        assert [(lost.write, lost.bare, lost.alone) for lost in one.hot_lost] == [("cancel_order", 1.0, 0.0)] * holds
    assert "heap-only updates, cancel_order: 100% → 0%" in html.render(document(advice, summarize(advice)))


def test_a_block_serves_what_gets_faster_by_it(advice: AdviseRun) -> None:
    """Not what it was derived from: another candidate may serve that better."""
    for one in summarize(advice).changes:
        if one.is_drop:
            continue
        assert one.block.serves
        assert set(one.block.serves) == {served.label.partition("[")[0] for served in one.served}


def test_what_was_seen_is_handed_on_after_every_step(advice: AdviseRun, kept: list[AdviseRun]) -> None:
    assert [bool(one.cells) for one in kept].count(False) < len(kept) / 2
    assert kept[-1].status == "complete"
    assert summarize(kept[len(kept) // 2]).alarms == ()


def test_advising_again_on_the_advised_database_proposes_nothing_new(
    advice: AdviseRun, server: ServerHandle, tmp_path: Path
) -> None:
    shop = Path(shutil.copytree(SHOP, tmp_path / "shop"))
    (shop / "optimizations.sql").write_text(text_of(advice, summarize(advice)))
    for query in shop.glob("queries/*.sql"):
        query.write_text(re.sub(r"^-- expects: .*\n", "", query.read_text(), flags=re.MULTILINE))
    workload = read(shop)
    assert [block.name for block in workload.optimizations] == list(advice.chosen)
    again = advice_on(workload, server, [], on_top=True)
    assert again.chosen == ()
    assert again.on_top == advice.chosen
    assert summarize(again).headline.startswith("Nothing to add")


def test_the_page_has_the_set_to_copy_and_every_reason(advice: AdviseRun) -> None:
    summary = summarize(advice)
    made = document(advice, summary)
    page, text = html.render(made).replace("<wbr>", ""), markdown.render(made)
    for one in summary.changes:
        assert one.name in page
        assert one.name in text
    assert text_of(advice, summary).splitlines()[3] in page
    assert all(loser.proposal.block.name in page for loser in summary.losers)


@pytest.mark.parametrize("text", runs.HOSTILE[:4])
def test_names_and_reasons_are_only_text(advice: AdviseRun, text: str) -> None:
    """Of candidates, as the catalog may have them, and of what the server says."""

    def named(name: str) -> str:
        proposals = tuple(
            replace(
                one,
                candidate=replace(one.candidate, reason=name, family=name, ddl=f"CREATE INDEX {name}"),
                block=replace(one.block, why=name),
            )
            for one in advice.proposals
        )
        broken = {name: name}
        other = replace(advice, proposals=proposals, broken=broken, notes=(name,))
        return html.render(document(other, summarize(other)))

    assert Page(named(text)).structure == Page(named("q")).structure


def test_a_size_has_a_unit() -> None:
    assert [_bytes(text) for text in (None, "200MB", "1.5 GiB", "7")] == [None, 200 * 10**6, round(1.5 * 2**30), 7]
    with pytest.raises(click.UsageError, match="give a size with its unit"):
        _bytes("much")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--disk", "much", "--disk much: give a size with its unit: --disk 200MB"),
        ("--disk", "-5MB", "--disk -5MB: give a size with its unit: --disk 200MB"),
        ("--disk", "5 parsecs", "--disk 5 parsecs: give a size with its unit: --disk 200MB"),
        ("--write-cost", "much", "--write-cost much: give a percentage from 0%: --write-cost 20%"),
        ("--write-cost", "-5%", "--write-cost -5%: give a percentage from 0%: --write-cost 20%"),
        ("--write-cost", "inf", "--write-cost inf: give a percentage from 0%: --write-cost 20%"),
    ],
)
def test_a_budget_that_is_none_is_refused_with_its_form(
    option: str, value: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["advise", str(SHOP), option, value]) == 2
    assert capsys.readouterr().err.splitlines() == [f"error: {said}"]


def test_a_file_with_one_statement_is_a_query(tmp_path: Path) -> None:
    file = tmp_path / "late.sql"
    file.write_text("-- what a pull request brings\nSELECT count(*) FROM orders WHERE status = 'late';\n")
    found, name = with_query(read(SHOP), file)
    assert name == "late"
    assert found.queries[-1].sql == "SELECT count(*) FROM orders WHERE status = 'late'"
    assert not found.queries[-1].writes
    file.write_text("WITH gone AS (DELETE FROM orders RETURNING 1) SELECT count(*) FROM gone")
    assert with_query(read(SHOP), file)[0].queries[-1].writes
    file.write_text("SELECT count(*) FROM orders WHERE status = $1")
    with pytest.raises(WorkloadError, match="values of its parameters"):
        with_query(read(SHOP), file)


def test_a_query_of_the_workload_is_found_by_its_file() -> None:
    found, name = with_query(read(SHOP), SHOP / "queries" / "open_orders.sql")
    assert (name, len(found.queries)) == ("open_orders", 3)
