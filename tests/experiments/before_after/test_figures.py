"""Figures show what was measured, on any screen, safely, and twice the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import pytest

from bench.experiments.before_after import figures
from bench.experiments.before_after.figures.samples import MOST, thin
from bench.experiments.before_after.summary import summarize
from bench.model import CellSide, Pair
from bench.model.dataset import Bar, Distribution
from bench.report.figures.drawing import COLOURS
from bench.report.html.environment import TEMPLATES
from bench.statistics.quantiles import percentile
from tests.builders import runs


def distribution(heights: Iterable[int], labels: Iterable[str] = (), **more: str) -> Distribution:
    named = tuple(Bar(label, count) for label, count in zip(labels or map(str, range(99)), heights, strict=False))
    made = {"name": "sizes", "across": "live leads in the organization", "counts": "organizations"}
    return Distribution(bars=named, **(made | more))


def overview(*pairs: Pair, narrow: bool = False, **more) -> str:
    return figures.dumbbells(summarize(runs.run(*pairs, **more)), "f", narrow=narrow)


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def heights(svg: str) -> dict[str, float]:
    """Where each text stands, from the top, in units."""
    return {words: float(y) for y, words in re.findall(r'<text[^>]* y="([\d.]+)"[^>]*>([^<]*)</text>', svg)}


def dots(svg: str, state: str) -> list[str]:
    """The paths that draw the samples of a state."""
    found = re.findall(r'<path d="([^"]*)" style="([^"]*)"', svg)
    return [path for path, style in found if f"stroke: var(--{state}," in style and "stroke-linecap: round" in style]


CUT_OFF = replace(runs.pair("cut_off"), before=CellSide(samples=runs.samples(30_000, 15, censored=True)))
ONLY_BEFORE = replace(runs.pair("alone"), after=CellSide(), equality=None)
DRAWN = {
    "wide": lambda title: overview(runs.pair("queue"), queries=(runs.query("queue", title=title),)),
    "narrow": lambda title: overview(runs.pair("queue"), queries=(runs.query("queue", title=title),), narrow=True),
    "spread": lambda title: figures.spread([runs.pair("queue", title)], 100, "f"),
    "dense": lambda title: figures.spread([runs.pair("queue", title)], 100, "f", dense=True),
    "bars": lambda title: figures.bars(distribution((1, 2), (title, "b"), across=title, counts=title), "f"),
}


# -------------------------------------------------------------------------------------------------- all of them
@pytest.mark.parametrize("kind", DRAWN)
def test_the_same_input_gives_the_same_bytes(kind):
    assert DRAWN[kind]("Queue") == DRAWN[kind]("Queue")


@pytest.mark.parametrize("kind", DRAWN)
def test_settings_of_the_user_change_nothing(kind):
    import matplotlib

    wanted = DRAWN[kind]("Queue")
    with matplotlib.rc_context({"font.size": 30, "svg.fonttype": "path", "lines.linewidth": 9, "figure.dpi": 300}):
        assert DRAWN[kind]("Queue") == wanted


@pytest.mark.parametrize("text", [*runs.HOSTILE, '.x="1.2345" id="a": #b35400', "\ufffe\uffff bad"])
@pytest.mark.parametrize("kind", ["narrow", "dense", "bars"])
def test_no_title_becomes_markup(kind, text):
    found = DRAWN[kind](text)
    assert re.findall(r"<[\w/]+", found) == re.findall(r"<[\w/]+", harmless(kind))
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e\ufffe\uffff\ud800]", found)


@cache
def harmless(kind: str) -> str:
    return DRAWN[kind]("harmless")


def test_a_title_that_looks_like_an_attribute_is_shown_as_it_is():
    assert ' x="1.2345" : #b35400'.strip() in texts(DRAWN["wide"](' x="1.2345" : #b35400'))


def test_figures_of_one_page_share_no_id():
    pairs, summary = [runs.pair()], summarize(runs.run(runs.pair()))
    page = "".join(
        (figures.dumbbells(summary, "wide"), figures.dumbbells(summary, "narrow", narrow=True),
         figures.spread(pairs, 100, "query-1"), figures.spread(pairs, 100, "query-2"),
         figures.bars(distribution((1, 2)), "data-1"))
    )  # fmt: skip
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids)) > 5
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(ids)
    assert "<style" not in page


@pytest.mark.parametrize("kind", DRAWN)
def test_colours_are_those_of_the_page(kind):
    colours = re.findall(r"(?:fill|stroke): ([^;\"]+)", DRAWN[kind]("Queue"))
    assert [colour for colour in colours if not re.fullmatch(r"none|var\(--\w+, #\w{6}\)", colour)] == []


def test_the_light_colours_are_those_of_the_page_s_style_sheet():
    light = (TEMPLATES / "page.css").read_text().partition("@media")[0]
    page = dict(re.findall(r"--(\w+): (#\w+);", light))
    assert page["before"] == COLOURS["before"]
    assert {name: page[name] for name in COLOURS if name in page} == {n: c for n, c in COLOURS.items() if n in page}


@pytest.mark.parametrize("kind", ["narrow", "spread", "dense", "bars"])
def test_text_is_legible_on_a_telephone(kind):
    """At 330 pixels no text is smaller than 11 pixels, give or take what a screen rounds."""
    svg = DRAWN[kind]("Queue")
    width = float(re.findall(r'viewBox="0 0 ([\d.]+)', svg)[0])
    assert min(float(size) * 330 / width for size in re.findall(r"font-size: ([\d.]+)px", svg)) > 10


@pytest.mark.parametrize("kind", DRAWN)
def test_every_text_lies_on_the_sheet(kind):
    svg = DRAWN[kind]("Queue")
    height = float(re.findall(r'viewBox="0 0 [\d.]+ ([\d.]+)', svg)[0])
    assert all(8 < y < height for y in heights(svg).values())


def test_nothing_measured_is_no_figure():
    assert figures.dumbbells(summarize(runs.run()), "f") == ""
    assert figures.spread([Pair("queue", "hot")], 100, "f") == ""
    assert figures.bars(distribution((0, 0)), "f") == ""


def test_a_time_of_zero_can_be_drawn():
    zero = replace(runs.pair(), before=runs.side(0), after=runs.side(0))
    assert "target 100 ms" in overview(zero)
    assert "target 100 ms" in "".join(texts(figures.spread([zero], 100, "f")))


# ----------------------------------------------------------------------------------------------------- overview
@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("number", [1, 30, 200])
def test_the_keys_stand_above_all_rows(number, narrow):
    pairs = [
        runs.pair(f"q{i}", kind, after_ms=ms, n=4) for i in range(number) for kind, ms in (("hot", 3), ("tiny", 140))
    ]
    at = heights(overview(*pairs, narrow=narrow))
    keys = [y for words, y in at.items() if " class" in words or words == "misses the target"]
    rows = [at[f"Q{i}"] for i in range(number)]
    assert len(keys) == 5
    assert max(keys) + 10 < at["target 100 ms"] < min(rows) - 10
    assert rows == sorted(rows)


def test_a_query_that_misses_the_target_is_told_without_colour():
    svg = overview(runs.pair("good"), runs.pair("bad", after_ms=140))
    assert re.search(r"font-weight: 700[^>]*>Bad<", svg)
    assert not re.search(r"font-weight: 700[^>]*>Good<", svg)
    assert texts(svg).count("✗") == 2  # in the keys, and beside the title
    assert "✗" not in texts(overview(runs.pair("good")))


def test_a_title_that_is_too_wide_is_cut():
    titles = {"x" * 300: 24, "W" * 300: 16, "\u6f22" * 300: 15, "Lead Search and Duplicate Check": 31}
    for title, most in titles.items():
        svg = overview(runs.pair("queue"), queries=(runs.query("queue", title=title),))
        assert max(len(words) for words in texts(svg) if words[0] == title[0]) in range(most, most + 6)


def test_a_run_without_after_draws_before_alone():
    assert [words for words in texts(overview(ONLY_BEFORE)) if "after" in words or "before" in words] == [
        "before, hot class"
    ]


def test_a_timeout_is_explained_where_there_is_one():
    assert "timeout: takes longer" in texts(overview(CUT_OFF))
    assert "timeout: takes longer" not in texts(overview(runs.pair()))


def test_the_axis_says_its_unit():
    assert "p95, ms (logarithmic; left is faster)" in texts(overview(runs.pair()))


# ------------------------------------------------------------------------------------------------------- spread
def test_every_sample_is_a_dot_in_one_path_per_row():
    pairs = [runs.pair("q", "hot", n=60), runs.pair("q", "tiny", n=20)]
    svg = figures.spread(pairs, 100, "f")
    for state in ("before", "after"):
        assert [path.count("M") for path in dots(svg, state)] == [60, 20]


def test_samples_that_lie_on_each_other_are_moved_apart():
    same = replace(runs.pair(), before=CellSide(samples=runs.samples(300, 12, spread=0.0)))
    (path,) = dots(figures.spread([same], 100, "f"), "before")
    assert len(set(re.findall(r"M\S+ ([\d.]+)", path))) == 12


def test_a_page_of_usual_size_stays_small():
    pairs = [runs.pair("q", f"class_{i}", n=60) for i in range(6)]
    assert len(figures.spread(pairs, 100, "f")) < 25_000
    assert len(figures.spread(pairs, 100, "f", dense=True)) < 10_000


def test_of_very_many_samples_some_are_drawn_and_that_is_said():
    svg = figures.spread([runs.pair("q", "hot", n=1000)], 100, "f")
    assert dots(svg, "before")[0].count("M") == MOST
    assert f"At most {MOST} of up to 1,000 executions are drawn a row." in texts(svg)


def test_thinning_keeps_the_shortest_the_longest_and_the_middle():
    samples = runs.samples(100, 999, spread=1.0)
    found, times = thin(samples, MOST), [sample.ms for sample in samples]
    assert (found[0].ms, found[-1].ms, len(found)) == (min(times), max(times), MOST)
    assert percentile(found, 0.5).ms == pytest.approx(percentile(samples, 0.5).ms, rel=0.05)


def test_samples_that_were_cut_off_are_counted_and_explained():
    shown = texts(figures.spread([CUT_OFF], 100, "f"))
    assert "n = 15 (15 cut off) and 80" in shown
    assert "timeout: takes longer" in shown


@pytest.mark.parametrize(
    ("target_ms", "says"), [(100, "target 100 ms"), (20_000, "target 20.0 s →"), (0.01, "← target 0.010 ms")]
)
def test_a_target_off_the_axis_is_named_at_its_side(target_ms, says):
    assert says in texts(figures.spread([runs.pair()], target_ms, "f"))


# --------------------------------------------------------------------------------------------------------- bars
@pytest.mark.parametrize("number", [2, 7, 24, 31])
def test_every_category_that_is_not_empty_has_a_bar(number):
    svg = figures.bars(distribution([0, *range(1, number)]), "f")
    boxes = re.findall(r'<path d="([^"]*)" style="fill: var\(--data', svg)
    assert [path.count("M") for path in boxes] == [number - 1]


@pytest.mark.parametrize(("largest", "says"), [(200, "organizations"), (201, "organizations (logarithmic)")])
def test_counts_that_lie_far_apart_are_on_a_logarithmic_axis_that_says_so(largest, says):
    assert says in texts(figures.bars(distribution((1, 0, largest)), "f"))


def test_long_labels_are_written_aslant_and_short_ones_left_out():
    long = figures.bars(distribution((1, 2, 3, 4, 5, 6), [f"{i},000–{i},999" for i in range(6)]), "f")
    hours = figures.bars(distribution(range(1, 25), [f"{i:02}" for i in range(24)]), "f")
    assert long.count('transform="rotate(-40') == 6
    assert "rotate" not in hours
    assert [words for words in texts(hours) if re.fullmatch(r"\d\d", words)][-12:-9] == ["00", "02", "04"]


# ------------------------------------------------------------------------------------------------- alternatives
def test_each_figure_can_be_told_in_a_sentence():
    run = runs.run(runs.pair("good"), runs.pair("bad", after_ms=140))
    assert figures.describe_dumbbells(summarize(run)) == (
        "The p95 of 2 queries, hot and worst class, with the target at 100 ms: before, 0 meet, 2 miss, "
        "0 cannot tell; after, 1 meets, 1 misses, 0 cannot tell; the slowest after is Bad, class hot, with 153 ms."
    )
    assert figures.describe_spread([CUT_OFF], 100) == (
        "Every execution by class, with the target at 100 ms: hot before median > 30.0 s and p95 > 30.0 s (max of 15) "
        "of 15, after median 3.00 ms and p95 3.25 ms of 80."
    )
    assert figures.describe_bars(distribution((3, 1200), ("0", "1–9"))) == (
        "Organizations by live leads in the organization: 0: 3, 1–9: 1,200."
    )


def test_what_was_not_measured_is_told_too():
    assert figures.describe_spread([Pair("queue", "hot")], 100) == "No execution was timed."
    said = figures.describe_dumbbells(summarize(runs.run(ONLY_BEFORE)))
    assert "before, 0 meet, 1 misses, 0 cannot tell; the slowest" in said
