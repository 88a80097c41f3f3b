"""An attribution in every format: safe, whole where they are, and quiet where they are not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bench.experiments.attribution.heatmap import heat
from bench.experiments.attribution.sentences import share
from bench.model import Attribution, SetTried
from bench.model.attribution import Churn, Load
from bench.report.html.environment import TEMPLATES
from bench.report.markdown import LIMIT
from tests.builders import attributed, runs
from tests.builders.attributed import INDEX, OTHER, cell, gained, shipped, tried, write_cost, written
from tests.experiments.before_after.formats import FORMATS
from tests.experiments.before_after.test_document import Page, on_terminal, visible

ZERO = Attribution(
    cells=(cell("queue", "hot", tried(0, 0.0, cost=0.0), tried(0, 0.0, cost=0.0)),),
    smallest=SetTried((), {"queue[hot]": (0.0,) * 15}),
    write_costs=(write_cost(with_it=written(0, rows=0), without_it=written(0, rows=0)),),
    stored=(attributed.stored(size_bytes=0, table_bytes=0, churned_bytes=0, leaf_density=0.0, churned_density=0.0),),
    shipped=(shipped(ms=0.0, stall_ms=0.0, locked_ms=0.0, transactions=0, locks=()),),
    load=Load(0, 0.0, (), 0.0),
    churn=Churn(),
)
PARTIAL = {
    "whole": attributed.run(),
    "gains only": attributed.run(gained()),
    "nothing": attributed.run(Attribution()),
    "no gains": attributed.run(replace(attributed.whole(), cells=(), smallest=None)),
    "no optimizations": attributed.run(Attribution(), optimizations=(), applied=()),
    "none applied": attributed.run(Attribution(), applied=()),
    "failed": attributed.run(gained(shipped=(shipped(error="lock timeout", stall_ms=None),))),
    "zero": attributed.run(ZERO),
    "nothing timed": replace(attributed.run(), pairs=()),
}


def page(run) -> Page:
    return Page(FORMATS["html"](run))


def cells(run) -> list[str]:
    """The text of each cell of the first row of the table."""
    row = re.search(r'<table class="attribution[^>]*>.*?<tbody>\n<tr>(.*?)</tr>', FORMATS["html"](run), re.DOTALL)[1]
    return [Page(part).text for part in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", PARTIAL)
def test_an_attribution_that_is_not_whole_has_a_report(kind, name):
    assert FORMATS[name](PARTIAL[kind]) == FORMATS[name](PARTIAL[kind])
    assert on_terminal(PARTIAL[kind])


@pytest.mark.parametrize("name", ["html", "md"])
def test_a_run_without_an_attribution_keeps_the_old_table(name):
    text = FORMATS[name](runs.crm())
    assert "heat" not in text
    assert "no measured plan" in text
    assert "smallest set" not in text.lower()
    assert "* " not in on_terminal(runs.crm())


# ------------------------------------------------------------------------------------------------------ the table
def test_an_attribution_by_itself_names_its_queries_and_says_that_none_was_timed():
    shown = FORMATS["html"](replace(attributed.run(), pairs=()))
    assert "The queries were not timed before and after" in shown
    assert "cannot tell" not in shown.partition('id="optimizations"')[0]


def test_a_row_has_all_four_sides():
    assert cells(attributed.run()) == [
        INDEX, "✓ keep, but it costs", "3,960 → 6", "660×, 100×", "+50 B", "3.0 MB", "790 ms → 4.20 ms", "in it"
    ]  # fmt: skip


def test_below_it_they_stand_in_all_figures():
    text = page(attributed.run()).text
    assert "With it queue[hot] (3,960 → 6 buffers)" in text
    assert "Category partial" in text
    assert "Read gain 3,960 → 6 buffers, 300 ms → 3.00 ms in queue[hot]" in text
    assert "Share of the whole gain 3,954 buffers, 297 ms in 1 query" in text
    assert "Write cost +50 B WAL, +2.00 buffers, +5.00 µs a row of Lead import" in text
    assert "Heap-only updates 92 % → 0 % of Lead import" in text
    assert "Disk 3.0 MB, 6 % of its table, 4.1 MB after writes, leaves 90 → 64 % full; 3.4 MB WAL to build" in text
    assert "plain 812 ms 790 ms 801 ms ShareLock on crm.leads" in text
    assert "concurrent 1,210 ms 4.20 ms – ShareUpdateExclusiveLock on crm.leads" in text


def test_why_it_is_unused_stands_in_the_row():
    row = FORMATS["html"](attributed.run()).split(f"<code>{OTHER}</code>")[1].partition("</th>")[0]
    assert "No query does less work with it" in row


def test_what_was_not_measured_is_a_dash():
    _, said, _, _, write, disk, shipping, _ = cells(attributed.run(gained()))
    assert "keep" in said
    assert (write, disk, shipping) == ("–", "3.1 MB", "– → –")
    assert "Disk 3.1 MB; 3.4 MB WAL to build" in page(attributed.run(gained())).text


def test_there_is_a_row_for_every_optimization_in_the_order_of_the_file():
    rows = FORMATS["html"](attributed.run()).split('<table class="attribution')[1]
    found = re.findall(r'<tbody>\n<tr>\s*<th scope="row">(?:<span class="line">)?<code>(.*?)</code>', rows)
    assert found[:2] == [INDEX, OTHER]


def test_one_that_was_not_applied_says_so():
    assert "not applied" in cells(PARTIAL["none applied"])[1]


def test_what_fails_to_ship_says_why():
    text = page(PARTIAL["failed"]).text
    assert cells(PARTIAL["failed"])[6] == "failed → –"
    assert "lock timeout" in text


def test_details_show_every_effect_and_write():
    found = page(attributed.run())
    assert "queue[hot] left out helps 3,960 → 6" in found.text
    assert "queue[hot] alone helps 3,960 → 6" in found.text
    assert "Lead import 1,000 +50 B +50 % +2.00 +5.00 µs 92 % → 0 %" in found.text


# ---------------------------------------------------------------------------------------------- what is said above
def test_the_smallest_set_and_the_verdicts_come_before_the_table():
    text = page(attributed.run()).text
    said = text.index("1 of 2 optimizations keeps every query under 100 ms")
    assert said < text.index("1 ✓ keep, but it costs 1 ∅ unused") < text.index("What each change gains")


def test_a_smallest_set_that_is_not_enough_looks_like_a_miss():
    made = attributed.proved(140.0, all_ms={"queue[hot]": (3.0,) * 80})
    run = attributed.run(gained(smallest=made))
    assert '<p class="proof over">1 of 2 optimizations was chosen' in FORMATS["html"](run)
    assert "❌ 1 of 2 optimizations was chosen" in FORMATS["md"](run)
    assert "* 1 of 2 optimizations was chosen" in on_terminal(run)


def test_every_format_shows_what_breaks_without_each_member():
    run = attributed.run()
    assert f"{INDEX} ✗ misses queue[hot] 300 ms 20" in page(run).text
    assert f"| {INDEX} | ❌ misses | queue\\[hot\\] | 300 ms | 20 |" in FORMATS["md"](run)
    assert re.search(rf"{INDEX} +✗ misses +queue\[hot\] +300 ms +20", on_terminal(run, 130))


def test_a_planner_that_promised_the_opposite_is_said_loudly():
    """Half the cost, six times the time."""
    worse = cell("queue", "hot", tried(400, 3.0, cost=900.0), tried(420, 19.0, cost=400.0))
    run = attributed.run(gained(cells=(worse,)))
    assert '<p class="alarm"><b>The planner promised the opposite.</b> leads_queue_idx' in FORMATS["html"](run).replace(
        "<wbr>", ""
    )
    assert "🛑 **The planner promised the opposite.** leads_queue_idx" in FORMATS["md"](run)
    assert "‼ The planner promised the opposite. leads_queue_idx" in on_terminal(run)
    assert "✗ harmful" in page(run).text


# -------------------------------------------------------------------------------------------------------- the heatmap
def contrast(one: str, other: str) -> float:
    """WCAG 2.1, relative luminance."""

    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_step_of_the_heatmap_can_be_read_in_light_and_dark():
    css = Path(TEMPLATES / "attribution.css").read_text()
    found = re.findall(r"\.(heat-\w+) { background: (#\w{6}); color: (#\w{6}); }", css)
    assert [name for name, _, _ in found] == [*(f"heat-{step}" for step in (0, 1, 2, 3, 4, 5, "less"))] * 2
    assert min(contrast(back, text) for _, back, text in found) >= 4.5


@pytest.mark.parametrize(
    ("percent", "step", "text"),
    [
        (None, "", ""), (0.2, "heat-0", "< 1"), (-0.2, "heat-0", "< 1"), (0.6, "heat-1", "1"), (9.6, "heat-2", "10"),
        (25, "heat-3", "25"), (50, "heat-4", "50"), (104.4, "heat-5", "104"), (-8, "heat-less", "−8"),
    ],
)  # fmt: skip
def test_a_share_has_its_figure_and_colour(percent, step, text):
    assert (heat(percent), share(percent)) == (step, text)


def test_the_heat_map_has_only_rows_with_a_share():
    text = FORMATS["html"](attributed.run())
    table = text[text.index('<table class="heatmap ') :]
    table = table[: table.index("</table>")]
    assert f"<code>{INDEX}</code>" in table
    assert OTHER not in table
    assert '<td class="heat-5">100</td>' in table


# -------------------------------------------------------------------------------------------- hygiene and limits
def test_a_finding_has_its_fix_and_unseen_is_said_once():
    indexes = [attributed.index(f"crm.i{n}", f"c{n}") for n in range(9)]
    text = FORMATS["html"](attributed.run(gained(indexes=tuple(indexes))))
    assert "<code>DROP INDEX CONCURRENTLY crm.i3;</code>" in text
    assert text.count("jobs and procedures for example") == 1


def test_a_schema_with_nothing_wrong_says_so():
    used = attributed.run(gained(indexes=(attributed.index(f"crm.{INDEX}"),)))
    assert "Nothing is wrong with the 1 index and 0 foreign keys." in page(used).text


def test_the_limits_are_on_the_page():
    text = page(attributed.run()).text
    assert "Two indexes were left invalid and built again." in text
    assert "Every copy of the database was new" in text
    assert "Everything was in memory" in text


# --------------------------------------------------------------------------------------------------- every format
def test_the_page_is_well_formed_for_readers():
    found = page(attributed.run())
    ids = [attrs["id"] for _, attrs in found.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {(attrs["href"] or "")[1:] for attrs in found.all("a")} <= set(ids)
    assert all(attrs.get("scope") for attrs in found.all("th"))
    assert len(found.all("caption")) == len(found.all("table"))


@pytest.mark.parametrize("text", runs.HOSTILE)
def test_no_text_of_an_attribution_becomes_markup(text):
    harmless, found = page(attributed.hostile("h" * len(text))), page(attributed.hostile(text))
    assert found.structure == harmless.structure
    assert found.text.count(visible(text)) >= 60


@pytest.mark.parametrize("text", runs.HOSTILE)
def test_markdown_of_an_attribution_keeps_its_columns_and_has_no_html_of_others(text):
    found = FORMATS["md"](attributed.hostile(text))
    rows = [line for line in found.splitlines() if line.startswith("|")]
    table = rows[rows.index("|---|---|---:|---:|---:|---:|---:|") - 1 :][:3]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in table} == {8}
    assert set(re.findall(r"<[^>]*>", found)) <= {"<details>", "<summary>", "</summary>", "</details>"}
    assert "@S" not in found


@pytest.mark.parametrize("text", [*runs.HOSTILE, "[red]markup[/red] [link=http://x]"])
def test_a_terminal_obeys_nothing_in_an_attribution(text):
    shown = on_terminal(attributed.hostile(text))
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_markdown_has_a_row_with_all_sides():
    assert (
        "| leads_queue_idx | keep, but it costs (smallest set) | 3,960 → 6 (queue\\[hot\\]) | 3,954 "
        "| +50 B (lead_import) | 3.0 MB | 790 ms → 4.20 ms |"
    ) in FORMATS["md"](attributed.run())


def test_markdown_of_a_thousand_optimizations_fits_a_comment():
    names = [f"index_{number}_{'x' * 300}" for number in range(1000)]
    run = attributed.run(
        optimizations=tuple(map(runs.optimization, names)), applied=tuple(map(runs.applied, names))
    )  # fmt: skip
    text = FORMATS["md"](run)
    assert 50_000 < len(text) <= LIMIT
    assert text.endswith("more lines do not fit here: see report.html.*\n")


@pytest.mark.parametrize("width", [60, 80, 100, 130, 200])
def test_the_terminal_shows_every_verdict_word(width):
    text = on_terminal(attributed.run(), width)
    assert "keep, but it costs *" in text
    assert "unused" in text
    assert max(map(len, text.splitlines())) <= width


def test_only_the_name_gives_way_on_a_narrow_terminal():
    names = (f"{INDEX}_{'x' * 40}", OTHER)
    run = attributed.run(
        optimizations=tuple(map(runs.optimization, names)), applied=tuple(map(runs.applied, names))
    )  # fmt: skip
    assert re.search(rf"^{INDEX}_x+…   unused +–$", on_terminal(run, 60), re.MULTILINE)


def test_a_wide_terminal_shows_all_sides():
    line = next(one for one in on_terminal(attributed.run(), 130).splitlines() if one.startswith(INDEX))
    assert re.search(r"costs \* +3,960 → 6 +3,954 +\+50 B +3\.0 MB +790 ms → 4\.20 ms", line)
