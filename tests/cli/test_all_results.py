"""``index.html`` above the results: every one of them with what it answers, rewritten by each command."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import storage
from bench.cli import all_results
from bench.overview.record import ENTRY
from tests import ROOT, SHOP, axe
from tests.builders.shops import git

RUNS = ROOT / "tests" / "golden" / "runs"
KEPT = {
    "run/plain": "run", "run/plain-later": "run", "run/full": "run", "run/interrupted": "run", "load": "load",
    "traps": "traps", "scale": "scale", "maintenance": "maintain", "gate-regression": "gate", "now": "run",
}  # fmt: skip


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results as they were kept before there were entries."""
    folder = tmp_path_factory.mktemp("all") / "reports"
    for number, (stored, command) in enumerate(KEPT.items()):
        made = folder / f"2026-11-30T10-00-{number:02}-{command}"
        made.mkdir(parents=True)
        shutil.copy(next((RUNS / stored).glob("*.json")), made)
    (folder / "notes").mkdir()
    (folder / "latest").symlink_to("2026-11-30T10-00-00-run")
    return folder


@pytest.fixture(scope="module")
def page(reports: Path) -> str:
    return all_results.rewrite(reports).read_text()


def test_every_result_is_listed_once_by_its_workload(page: str) -> None:
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", page) == ["shop", "crm", "Glossary"]
    assert len(re.findall(r'<th scope="row"><a href=', page)) == len(KEPT)


def test_what_the_results_answer_is_said_with_the_result(page: str) -> None:
    said = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "Does it hold under load? ✗ no 1 invariant violated" in said
    assert "Will it still meet the target at larger sizes? ✓ yes 5 of 5 queries stay within 8 ms" in said
    assert "Is every plan safe from traps? not asked find out: pgproof traps" in said


def test_an_entry_is_kept_beside_its_result_and_made_anew_with_it(reports: Path, page: str) -> None:
    folder = reports / "2026-11-30T10-00-04-load"
    kept = storage.load(ENTRY, folder / ENTRY.file)
    assert (kept.command, kept.answers, kept.size) == ("load", {"load": "no"}, "5,000 orders")
    storage.save(kept, ENTRY, folder / ENTRY.file)
    shutil.copy(RUNS / "traps" / "traps.json", folder / "load.json")  # what cannot be read is left out
    made = all_results.rewrite(reports).read_text()
    assert len(re.findall(r'<th scope="row"><a href=', made)) == len(KEPT) - 1


def test_the_page_has_no_violation_of_accessibility(reports: Path, page: str, opened: Callable) -> None:
    assert axe.complaints(opened(page).page) == ""


def test_a_command_lists_its_result_with_the_commit_of_the_workload(pgproof: Callable, tmp_path: Path) -> None:
    shop = Path(shutil.copytree(SHOP, tmp_path / "shop"))
    git(shop, "init", "-q")
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", "all")
    (shop / "queries" / "open_orders.sql").open("a").write("\n")
    status, printed = pgproof("run", shop, "--scale", "1k", "--query", "open_orders")
    assert status == 0, printed
    assert f"all results: {tmp_path / 'reports' / 'index.html'}" in printed
    (file,) = (tmp_path / "reports").glob("*-run/entry.json")
    found = storage.load(ENTRY, file)
    assert (found.given, found.page) == (str(shop), "report.html")
    assert re.fullmatch(r"[0-9a-f]{10}\+", found.commit)
    assert found.answers["meets"] in ("cannot tell", "no")  # of one query of three nothing follows for all
