"""A run's page says what is known before a release: by itself, by the results beside it, or what finds out."""

from __future__ import annotations

import re
from pathlib import Path

from bench import storage
from bench.cli.all_results import known
from bench.experiments.before_after.document import EXPERIMENT
from bench.model import KnownAnswer, Run
from bench.overview.record import ENTRY, Entry
from bench.overview.summary import ASKED
from bench.report.html import render as html
from tests.builders import runs

RUN = runs.run(runs.pair())
LOAD = Entry(
    "load", "load", "2025-05-01T08:00:00+00:00", "complete", RUN.workload, "100,000 leads", "it holds 700/s",
    {"load": "yes"}, page="load.html", workload_hash="another",
)  # fmt: skip


def beside(output: Path) -> Path:
    """A folder of a run in ``output``, beside a load's."""
    for name in ("a-load", "b-run"):
        (output / name).mkdir()
    (output / "a-load" / "load.json").write_text("{}")
    storage.save(LOAD, ENTRY, output / "a-load" / ENTRY.file)
    return output / "b-run"


def section(run: Run) -> str:
    page = html.render(EXPERIMENT.document(run, EXPERIMENT.summarize(run)))
    return page.partition('<section id="ready"')[2].partition("</section>")[0]


def told(run: Run) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", section(run)).replace("\u00a0", " ").split())


def test_every_question_has_an_answer_or_what_finds_out(tmp_path: Path) -> None:
    found = {one.question: one for one in known(RUN, beside(tmp_path))}
    assert list(found) == list(ASKED)
    assert (found["load"].answer, found["load"].href) == ("yes", "../a-load/load.html")
    assert found["load"].stale == "the workload's files were changed since"
    assert found["scale"].command == "pgproof scale --from 10000 --to 1000000"
    assert {one.answer for name, one in found.items() if name != "load"} == {"not asked"}


def test_the_page_has_its_own_answers_and_those_of_others(tmp_path: Path) -> None:
    text = told(runs.run(runs.pair(), known=known(RUN, beside(tmp_path))))
    assert "Does every query meet its target? ✓ yes 1 of 1 query meets 100 ms" in text
    assert "Does it hold under load? ✓ yes it holds 700/s load, 100,000 leads" in text
    assert "2025-05-01 08:00 UTC" in text
    assert "Is every plan safe from traps? not asked find out: pgproof traps" in text


def test_a_run_that_did_not_get_to_its_end_answers_no_yes() -> None:
    asked = (KnownAnswer("meets", "Does it?", "pgproof run"),)
    assert "? cannot tell" in told(runs.run(runs.pair(), known=asked, status="interrupted"))


def test_a_record_from_before_says_nothing_of_it() -> None:
    assert section(RUN) == ""
