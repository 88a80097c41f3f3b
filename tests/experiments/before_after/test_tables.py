"""Which table the work is in."""

from __future__ import annotations

from dataclasses import replace

from bench.experiments.before_after.tables import TableWork, tables
from bench.model import CellSide
from tests.builders import runs
from tests.builders.runs import limit, pair, run, scan, side


def test_blocks_add_up_over_cells_and_queries():
    found = tables(run(pair("a"), pair("a", "tiny"), pair("b", index="")))
    assert found == (TableWork("leads", 3 * 3960, 6 + 6 + 3960, "b"),)


def test_the_table_with_most_work_comes_first():
    other = replace(pair("b"), before=side(9, scan("logs", buffers=9_000)), after=side(2, scan("logs", buffers=2)))
    assert [one.table for one in tables(run(pair("a"), other))] == ["logs", "leads"]


def test_a_bitmap_over_an_index_counts_for_its_table():
    below = {"Node Type": "Bitmap Index Scan", "Index Name": "i", "Plan Rows": 1, "Actual Rows": 1, "Actual Loops": 1}
    below |= {"Shared Hit Blocks": 5}
    heap = scan("leads", buffers=25, **{"Node Type": "Bitmap Heap Scan", "Plans": [below]})
    made = replace(pair(), after=side(2, limit(heap)))
    assert tables(run(made))[0].after == 25


def test_a_cell_with_a_plan_on_one_side_only_is_left_out():
    stopped = replace(pair(), before=CellSide(samples=runs.samples(30_000, 1, censored=True)))
    assert tables(run(stopped)) == ()
