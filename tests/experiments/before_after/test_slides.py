"""Figures as files can be put on a slide, whatever the queries are called."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import storage
from bench.cli import main
from bench.experiments.before_after import figures
from bench.experiments.before_after import files as report
from bench.experiments.before_after.figures.samples import spread
from bench.experiments.before_after.figures.slides import file_names
from bench.experiments.before_after.summary import summarize
from bench.model import CellSide, Sample
from bench.report.figures.drawing import COLOURS, files
from tests.builders import runs


@pytest.fixture(scope="module")
def made():
    run = runs.run(
        runs.pair("queue"), replace(runs.pair("unmeasured"), before=runs.side(1, n=0), after=runs.side(1, n=0))
    )
    return figures.slides(run, summarize(run))


def test_there_are_two_files_for_each_figure_that_shows_something(made):
    assert list(made) == ["overview.svg", "overview.png", "query-queue.svg", "query-queue.png"]


def test_an_svg_file_is_a_document_in_the_light_colours_on_white(made):
    text = made["query-queue.svg"]
    assert text.startswith("<?xml")
    assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert "var(" not in text
    assert "fill: #ffffff" in text
    assert ">Queue</text>" in text


def test_a_png_has_150_dots_per_inch(made):
    picture = made["overview.png"]
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") == round(662 / 72 * 150)


def test_a_png_shows_every_sample():
    """A dot is a line so short that rounding to whole pixels would leave nothing of it."""
    from matplotlib.colors import to_rgb
    from matplotlib.image import imread

    apart = tuple(Sample(ms=10.0 * 1.3**number, at_s=0.0) for number in range(12))
    drawing = spread([replace(runs.pair(), before=CellSide(samples=apart), after=CellSide())], 100)
    picture = imread(io.BytesIO(files(drawing)[1]))[:, :, :3]
    orange = abs(picture - [0.3 + 0.7 * share for share in to_rgb(COLOURS["before"])]).max(axis=2) < 0.02  # on white
    columns = orange[100:].any(axis=0)  # below the keys
    assert sum(columns[1:] > columns[:-1]) >= 10  # the median and the p95 hide a dot each


def test_the_same_run_gives_the_same_files(made):
    run = runs.run(runs.pair("queue"), runs.pair("unmeasured"))
    again = figures.slides(run, summarize(run))
    assert {name: again[name] for name in made if "queue" in name} == {n: c for n, c in made.items() if "queue" in n}


@pytest.mark.parametrize("text", runs.HOSTILE)
def test_every_name_is_safe_on_every_system(text):
    (name,) = file_names([f"query-{text}"])
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    assert name.startswith("query")
    assert len(name) <= 60


def test_names_that_differ_in_unsafe_characters_or_case_share_no_file():
    names = ["query-a/b", "query-a:b", "query-A-B", "query-a-b-2", f"query-{'x' * 300}1", f"query-{'x' * 300}2"]
    found = file_names(names)
    assert len({name.lower() for name in found}) == len(names)


def test_a_hostile_run_can_be_written(tmp_path: Path):
    for path in report.write_figures(runs.hostile(runs.HOSTILE[1]), tmp_path):
        assert path.parent == tmp_path / "figures"
        assert path.suffix == ".png" or ElementTree.parse(path)


def test_figures_are_written_where_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    storage.save(runs.run(runs.pair("queue")), storage.RUN, tmp_path / "run.json")
    assert main(["report", str(tmp_path / "run.json")]) == 0
    assert not (tmp_path / "figures").exists()
    assert main(["report", str(tmp_path / "run.json"), "--figures"]) == 0
    assert "figures: 6 files in" in capsys.readouterr().out
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert len(names) == 6
    assert "data-leads-per-organization.svg" in names
