"""The words of the reports are explained once, and every word that a report says has its explanation."""

from __future__ import annotations

from typing import get_args

import pytest

from bench.cli import main
from bench.experiments.gate.record import CellVerdict, Overall
from bench.experiments.traps.hazards import Verdict as Trap
from bench.model.vocabulary import MARKS
from bench.report.glossary import by_word, look_up, terms
from bench.report.plan_sentences import KINDS
from tests import ROOT

WORDS = {*MARKS, *KINDS, *get_args(CellVerdict), *get_args(Overall), *get_args(Trap), "p50", "p95", "p99", "buffers"}


def test_every_verdict_and_every_step_of_a_plan_is_explained() -> None:
    assert [word for word in WORDS if look_up(word) is None] == []


def test_a_term_leads_to_terms_and_pages_that_are_there() -> None:
    assert [one for term in terms().values() for one in term.see if one not in terms()] == []
    pages = {term.page for term in terms().values() if term.page}
    assert [page for page in pages if not (ROOT / "docs" / page).exists()] == []


def test_no_word_stands_for_two_terms() -> None:
    words = [word.lower() for term in terms().values() for word in (term.name, *term.also)]
    assert sorted({word for word in words if words.count(word) > 1}) == []


@pytest.mark.parametrize(
    ("asked", "name"),
    [("P95", "p95"), ("heap-fetches", "heap fetches"), ("index only scans", "Index Only Scan"),
     ("classes", "parameter class"),
     ("Cannot  tell", "cannot tell"), ("made up", "made_up")],
)  # fmt: skip
def test_a_term_is_found_however_it_is_written(asked: str, name: str) -> None:
    found = look_up(asked)
    assert found
    assert found.name == name


def test_it_is_printed_with_what_belongs_to_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "meets"]) == 0
    name, means, *more = capsys.readouterr().out.splitlines()
    assert (name, means.startswith("  The p95 of every class")) == ("meets", True)
    assert more == ["  see: look, target", "  more: docs/method.md"]
    assert main(["explain"]) == 0
    assert len(by_word()) > len(terms()) > 100
    assert capsys.readouterr().out.startswith("workload, ")
