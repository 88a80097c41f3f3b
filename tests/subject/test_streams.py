"""The integer machinery below the rows: allocation, order in time, quantile tables."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import numpy as np
import pytest

from bench.dataset.source import tables
from tests import ROOT

DATASET = ROOT / "dataset"


@pytest.fixture(scope="module")
def streams() -> ModuleType:
    tables(DATASET, 100, 1, "default")
    package = next(name for name in sys.modules if name.startswith("pgproof_dataset_") and "." not in name)
    return importlib.import_module(f"{package}.streams")


@pytest.mark.parametrize("weights", [[1, 1, 1], [0, 0, 0], [5, 0, 1_000_000], [3]])
@pytest.mark.parametrize("total", [0, 1, 2, 7, 20_000])
def test_allocated_counts_add_up(streams: ModuleType, weights: list[int], total: int) -> None:
    counts = streams.allocate(np.array(weights), total)
    assert counts.sum() == total
    assert counts.min() >= 0


def test_what_a_cap_cuts_goes_to_others(streams: ModuleType) -> None:
    counts = streams.allocate(np.array([100, 1, 1, 1]), 20, cap=8)
    assert counts.sum() == 20
    assert counts.max() <= 8


def test_equal_times_keep_their_order(streams: ModuleType) -> None:
    times, order = streams.time_order(np.array([5, 3, 5, 3]))
    assert times.tolist() == [3, 3, 5, 5]
    assert order.tolist() == [1, 3, 0, 2]


def test_a_draw_depends_on_column_chunk_and_seed_alone(streams: ModuleType) -> None:
    base = streams.draw(1, "leads.email", 3, 10)
    assert base.tolist() == streams.draw(1, "leads.email", 3, 100)[:10].tolist()
    for other in (streams.draw(2, "leads.email", 3, 10), streams.draw(1, "leads.phone", 3, 10)):
        assert base.tolist() != other.tolist()


def test_draws_are_these_numbers_on_every_machine(streams: ModuleType) -> None:
    assert streams.draw(1, "leads.email", 3, 4).tolist() == [62993, 44703, 11173, 46006]


def test_a_lognormal_table_has_its_median_and_tail(streams: ModuleType) -> None:
    table = streams.lognormal(5.858, 1.22)
    assert table[32_768] == pytest.approx(350, rel=0.01)
    assert table[round(65_536 * 0.99)] == pytest.approx(6_000, rel=0.03)
    assert (np.diff(table) >= 0).all()


@pytest.mark.parametrize("exponent", [0.6, 0.9, 1.0, 1.06])
def test_a_zipf_table_falls_with_its_exponent(streams: ModuleType, exponent: float) -> None:
    counts = np.bincount(streams.zipf(100, exponent), minlength=100)
    slope = np.log(counts[9:90].sum() / counts[:9].sum())
    ranks = np.arange(1, 101) ** -exponent
    assert slope == pytest.approx(np.log(ranks[9:90].sum() / ranks[:9].sum()), abs=0.25)
