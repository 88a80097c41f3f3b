"""One state decided: what misses comes first, what reads far more than it returns is named, time is shared out."""

from __future__ import annotations

from dataclasses import replace

from bench.experiments.now.document import EXPERIMENT
from bench.experiments.now.record import NowRun
from bench.experiments.now.summary import summarize
from bench.measurement.rounds import LEAST, rounds_within
from bench.model import Binding, CellSide, IndexFacts, IndexKey, Pair
from bench.model.assumed import Assumed
from bench.report.html.render import render
from tests.builders import runs

QUERIES = tuple(runs.query(name) for name in ("queue", "report", "feed"))


def now(**more: object) -> NowRun:
    whole = runs.run()
    shared = ("id", "started_at", "pgproof", "workload", "workload_hash", "options", "machine", "server", "dataset")
    made = {name: getattr(whole, name) for name in shared} | {"status": "complete", "queries": QUERIES}
    return NowRun(**(made | more))  # type: ignore[arg-type]


def pair(query: str, side: CellSide, *, rows: int = 10, label: str = "hot") -> Pair:
    return Pair(query, label, (Binding({}, result_rows=rows),), before=side)


def measured() -> NowRun:
    first, second, third = (query.name for query in QUERIES)
    wide = runs.side(3.0, runs.scan("leads", rows=10, removed=50_000))
    return now(
        pairs=(
            pair(first, runs.side(3.0, runs.scan("leads", index="leads_pkey", rows=10))),
            pair(second, runs.side(400.0, runs.scan("leads", rows=10))),
            pair(third, wide),
        )
    )


def test_what_misses_comes_first_and_what_reads_too_much_is_named() -> None:
    summary = summarize(measured())
    assert [one.summary.outcome for one in summary.queries] == ["misses", "meets", "meets"]
    assert summary.headline.startswith("1 misses, 2 of 3 queries meet 100 ms")
    assert any("50,010 rows read for 10 returned" in said for said in summary.paragraph)


def test_a_failed_statement_is_told_and_is_no_good_news() -> None:
    name = QUERIES[0].name
    summary = summarize(now(pairs=(pair(name, CellSide(error="no such function")),), queries=QUERIES[:1]))
    assert (summary.queries[0].summary.outcome, summary.good) == ("failed", False)


def test_an_index_that_another_one_does_is_a_step_to_take() -> None:
    twins = tuple(IndexFacts(f"crm.{name}", "crm.leads", "btree", (IndexKey("email"),)) for name in ("one", "two"))
    summary = summarize(replace(measured(), indexes=twins))
    assert [one.kind for one in summary.findings] == ["duplicate"]
    assert any(step.startswith("Drop what another index does: crm.two") for step in summary.next_steps)


def test_an_assumption_leads_to_its_line() -> None:
    guessed = Assumed("column", "crm.leads.email", "email", "named email", line=2)
    run = replace(measured(), assumed=(guessed,), plan_text="[crm.leads.columns]\nemail = { kind = 'email' }\n")
    page = EXPERIMENT.document(run, summarize(run))
    html = render(page)
    assert 'href="#toml-2"' in html
    assert 'id="toml-2"' in html


def test_what_could_not_be_taken_is_said_with_its_reason() -> None:
    missing = Assumed("query", "app.sql:4", "left out", 'relation "nowhere" does not exist')
    empty = Assumed("left out", "crm.notes", "no rows", "no value is known for xml")
    said = summarize(replace(measured(), assumed=(missing, empty))).paragraph
    assert '1 statement of yours is left out: app.sql:4 (relation "nowhere" does not exist).' in said
    assert "1 table has no rows: crm.notes (no value is known for xml)." in said


def test_executions_are_as_many_as_fit_into_the_time() -> None:
    pairs = [pair(f"q{n}", runs.side(1.0, runs.scan("leads"))) for n in range(100)]
    options = replace(now().options, rounds=80, target_ms=100.0)
    few, many = (rounds_within(seconds, pairs, options) for seconds in (2.0, 200.0))
    assert (LEAST <= few < 40, many) == (True, 80)
    assert rounds_within(0.0, pairs, options) == LEAST
