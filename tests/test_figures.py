"""A figure of a document is the one of the evidence, and lint says where it is not."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

SCRIPT = ROOT / "benchmarks" / "figures_in_docs.py"


def figures(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), "--root", str(root), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A README, and the evidence of one benchmark."""
    (tmp_path / "docs" / "evidence").mkdir(parents=True)
    stored = {"machine": "2 cores", "date": "2026-11-23", "rates": [{"ratio": 1.27}], "seconds": 12.34}
    (tmp_path / "docs" / "evidence" / "load.json").write_text(json.dumps(stored))
    return tmp_path


def test_the_documents_say_what_the_evidence_says() -> None:
    done = figures(ROOT, "--check")
    assert done.stderr == ""
    assert done.returncode == 0
    assert len(re.findall("<!--=", (ROOT / "docs" / "gate.md").read_text())) > 15


def test_another_figure_is_named_by_file_and_line_and_nothing_is_written(repository: Path) -> None:
    text = (
        "# Fast\n\nIt is <!--=load.rates.0.ratio:.0%-->130 %<!--/--> of it, <!--=load.seconds:.1f-->12.3<!--/--> s.\n"
    )
    (repository / "README.md").write_text(text)
    done = figures(repository, "--check")
    assert done.returncode == 1
    assert done.stderr.startswith("README.md:3: load.rates.0.ratio says '130 %', the evidence '127 %'")
    assert done.stderr.count("\n") == 1
    assert (repository / "README.md").read_text() == text
    assert figures(repository).returncode == 0
    assert (repository / "README.md").read_text() == text.replace("130 %", "127 %")
    assert figures(repository, "--check").returncode == 0


def test_a_table_stands_on_lines_of_its_own(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs" / "gate", tmp_path / "docs" / "gate")
    (tmp_path / "README.md").write_text("<!--=gate.slowed-->?<!--/-->\n")
    assert figures(tmp_path).returncode == 0
    lines = (tmp_path / "README.md").read_text().splitlines()
    assert (lines[0], lines[-1]) == ("<!--=gate.slowed-->", "<!--/-->")
    assert lines[1].startswith("| slow-down of the CPU |")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!--=load.nothing-->1<!--/-->", "README.md: 'nothing'"),
        ("<!--=absent.nothing-->1<!--/-->", "README.md: .*No such file"),
        ("<!--=gate.nothing-->1<!--/-->", "README.md: 'no figure gate.nothing; there are "),
        ("<!--=load.seconds-->12.34", "README.md: 1 marks are opened and 0 closed"),
    ],
)
def test_a_figure_without_evidence_is_an_error(repository: Path, text: str, message: str) -> None:
    (repository / "README.md").write_text(text)
    done = figures(repository, "--check")
    assert done.returncode == 1
    assert re.match(message, done.stderr)


def test_evidence_names_machine_and_date(repository: Path) -> None:
    (repository / "docs" / "evidence" / "load.json").write_text('{"seconds": 1}')
    (repository / "README.md").write_text("<!--=load.seconds-->1<!--/-->")
    assert "names no machine or no date" in figures(repository, "--check").stderr


def test_lint_looks() -> None:
    assert f"{SCRIPT.relative_to(ROOT)} --check" in (ROOT / "Makefile").read_text().partition("\nlint:")[2]


@pytest.mark.parametrize("words", ["the seed", "the original"])
def test_no_document_leans_on_what_the_reader_does_not_have(words: str) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    assert [page.name for page in pages if re.search(rf"\b{words}\b", page.read_text(), re.IGNORECASE)] == []
