"""A figure of a document is the one of the evidence, and lint says where it is not."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import asked, unmarked_figures
from tests import ROOT

SCRIPT = ROOT / "benchmarks" / "figures_in_docs.py"


Figures = Callable[..., tuple[int, str]]


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Figures:
    """Carry the script out in this process: its exit code, and what it says."""
    monkeypatch.syspath_prepend(str(SCRIPT.parent))  # as Python does for a script
    script = importlib.import_module(SCRIPT.stem)

    def carried_out(root: Path, *options: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--root", str(root), *options])
        return script.main(), capsys.readouterr().err

    return carried_out


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A README, and the evidence of one benchmark."""
    (tmp_path / "docs" / "evidence").mkdir(parents=True)
    stored = {"machine": "2 cores", "date": "2026-11-23", "rates": [{"ratio": 1.27}], "seconds": 12.34}
    (tmp_path / "docs" / "evidence" / "load.json").write_text(json.dumps(stored))
    return tmp_path


def test_the_documents_say_what_the_evidence_says() -> None:
    """By the command of ``make lint``."""
    command = [sys.executable, str(SCRIPT), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stderr == ""
    assert done.returncode == 0
    assert len(re.findall("<!--=", (ROOT / "docs" / "gate.md").read_text())) > 15


def test_another_figure_is_named_by_file_and_line_and_nothing_is_written(figures: Figures, repository: Path) -> None:
    text = (
        "# Fast\n\nIt is <!--=load.rates.0.ratio:.0%-->130 %<!--/--> of it, <!--=load.seconds:.1f-->12.3<!--/--> s.\n"
    )
    (repository / "README.md").write_text(text)
    status, said = figures(repository, "--check")
    assert status == 1
    assert said.startswith("README.md:3: load.rates.0.ratio says '130 %', the evidence '127 %'")
    assert said.count("\n") == 1
    assert (repository / "README.md").read_text() == text
    assert figures(repository) == (0, "")
    assert (repository / "README.md").read_text() == text.replace("130 %", "127 %")
    assert figures(repository, "--check") == (0, "")


def test_a_table_stands_on_lines_of_its_own(figures: Figures, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs" / "gate", tmp_path / "docs" / "gate")
    (tmp_path / "README.md").write_text("<!--=gate.slowed-->?<!--/-->\n")
    assert figures(tmp_path) == (0, "")
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
def test_a_figure_without_evidence_is_an_error(
    figures: Figures, repository: Path, text: str, message: str
) -> None:  # fmt: skip
    (repository / "README.md").write_text(text)
    status, said = figures(repository, "--check")
    assert status == 1
    assert re.match(message, said)


def test_evidence_names_machine_and_date(figures: Figures, repository: Path) -> None:
    (repository / "docs" / "evidence" / "load.json").write_text('{"seconds": 1}')
    (repository / "README.md").write_text("<!--=load.seconds-->1<!--/-->")
    assert "names no machine or no date" in figures(repository, "--check")[1]


def test_a_list_is_a_list_and_a_table_can_be_cut(figures: Figures, repository: Path) -> None:
    stored = {
        "machine": {"cores": 2, "cpu": "X", "memory_bytes": 2**34},
        "date": "2026-11-30",
        "command": "pgproof run",
    }
    stored |= {"said": ["one", "two"], "table": "| a |\n|---|\n| 1 |\n| 2 |"}
    (repository / "docs" / "evidence" / "run.json").write_text(json.dumps(stored))
    marks = ("run.said", "run.table:1 rows", "run.from")
    (repository / "README.md").write_text("\n".join(f"<!--={mark}-->?<!--/-->" for mark in marks))
    assert figures(repository) == (0, "")
    lines = (repository / "README.md").read_text().splitlines()
    assert lines[1:3] == ["* one", "* two"]
    assert lines[5:8] == ["| a |", "|---|", "| 1 |"]
    assert lines[9] == "<!--=run.from-->`pgproof run`, 2026-11-30, 2 cores of an X, 16 GiB<!--/-->"


def unmarked(text: str, **listed: dict[str, list[str]]) -> list[str]:
    return [f"{line}: {said}" for line, said in unmarked_figures.unmarked("page", text, listed)]


@pytest.mark.parametrize(
    "figure",
    [
        "12 ms",
        "1.5 s",
        "3 min",
        "40 seconds",
        "1,016 MB",
        "2.5 GiB",
        "95%",
        "95 %",
        "1,565/s",
        "71 blocks",
        "9 rows/s",
        "12 of 16",
    ],
)
def test_a_measured_figure_outside_of_marks_is_named_by_its_line(figure: str) -> None:
    (said,) = unmarked(f"# Fast\n\nIt took {figure} here.\n")
    assert said.startswith("3: ")
    assert "stands by hand" in said


@pytest.mark.parametrize(
    "text",
    [
        "<!--=load.seconds-->12.3 s<!--/-->",
        "<!-- begin: benchmarks/x.py -->\n| 12 ms |\n<!-- end: benchmarks/x.py -->",
        "```\n12 ms\n```",
        "\n    pgproof run --aged 20%\n",
        "`--aged 20%`",
        "[twelve](page.md#12-ms)",
        "16 queries, PostgreSQL 18.6, 100,000 leads",
    ],
)
def test_marks_code_and_numbers_without_a_unit_are_left_alone(text: str) -> None:
    assert unmarked(text) == []


def test_a_figure_of_design_is_listed_with_its_reason_and_goes_from_the_list_with_its_sentence() -> None:
    listed = {"a limit": ["within\n5 %"]}
    assert unmarked("What is within 5 % is\nthe same, within\n 5 %.", page=listed) == []
    assert unmarked("What is within 5 % is said.", other=listed) != []
    assert unmarked("Nothing.", page=listed) == [
        "1: unmarked_figures.toml allows 'within\\n5 %', which does not stand here: take it out there"
    ]
    assert unmarked("Nothing.", everywhere=listed) == []


SPREAD = {"median": 10, "least": 8, "most": 12, "n": 3}


@pytest.mark.parametrize(
    ("limit", "found", "row"),
    [
        ("at_most = 60", 59.6, "| x | ≤ 60 s | 60 s | held | 2026-11-30, load 2 |"),
        ("at_most = 9", SPREAD, "| x | ≤ 9 s | 10 s (8 s to 12 s, 3 times) | **missed** | 2026-11-30, load 2 |"),
        ("at_least = 9", {**SPREAD, "median": 8, "n": 1}, "| x | ≥ 9 s | 8 s | **missed** | 2026-11-30, load 2 |"),
        ("at_least = 0", "crm: 3 of 4 queries meet", "| x | ≥ 0 s | 1 s | held | 2026-11-30, load 2 |"),
        ("", 5, "| x |  | 5 s |  | 2026-11-30, load 2 |"),
    ],
)  # fmt: skip
def test_what_was_asked_for_stands_beside_what_was_found(tmp_path: Path, limit: str, found: object, row: str) -> None:
    (tmp_path / "asked.toml").write_text(f'[[asked]]\nwhat = "x"\nfigure = "run.s"\nform = "{{:.0f}} s"\n{limit}\n')
    assert (
        asked.table(
            tmp_path / "asked.toml", {"run.s": found, "run.date": "2026-11-30", "run.load_before": 1.6}.__getitem__
        ).splitlines()[2]
        == row
    )


def test_lint_looks() -> None:
    assert f"{SCRIPT.relative_to(ROOT)} --check" in (ROOT / "Makefile").read_text().partition("\nlint:")[2]


@pytest.mark.parametrize("words", ["the seed", "the original"])
def test_no_document_leans_on_what_the_reader_does_not_have(words: str) -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    assert [page.name for page in pages if re.search(rf"\b{words}\b", page.read_text(), re.IGNORECASE)] == []
