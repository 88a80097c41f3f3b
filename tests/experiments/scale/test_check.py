"""The last step predicted from the others, and the steps themselves: where they lie, whether they fit on the disk."""

from __future__ import annotations

import math

import pytest

from bench.errors import DiskFull, PgproofError
from bench.experiments.scale.check import predict as predict_all
from bench.experiments.scale.check import tally
from bench.experiments.scale.shapes import buffers
from bench.experiments.scale.steps import Known, geometric, insist_on_room, needed_bytes
from tests.builders.growths import SCALES, TENANTS, series

GB = 10**9
LAST = SCALES[-1]


def predict(measurements, figure):
    """The prediction of a cell that nothing else is measured beside."""
    (found,) = predict_all([measurements], figure)
    return found


@pytest.mark.parametrize("law", [lambda n: 7.0, lambda n: n / 50, lambda n: 300 + n / 50])
def test_a_law_that_holds_predicts_its_last_step(law):
    assert predict(series(law), buffers).error == pytest.approx(0, abs=0.02)


def test_three_steps_that_double_are_not_expected_to_stay_because_they_scatter():
    found = predict(
        series(lambda n: {10_000: 83, 32_000: 165, 100_000: 340, 320_000: 660}[n], scales=SCALES[:4]), buffers
    )
    assert abs(found.error) < 0.25


def test_the_tenant_s_rows_are_used_where_work_follows_them():
    bent = (2_211, 5_503, 14_070, 37_258, 60_000)
    assert predict(series(lambda rows: rows / 10, tenants=bent), buffers).error == pytest.approx(0, abs=0.02)
    assert abs(predict(series(lambda rows: rows / 10, tenants=bent, scales=SCALES), buffers).error) < 0.25


def test_a_bend_at_the_last_step_is_an_error_and_says_how_large():
    found = predict(series(lambda n: n / 50 if n < LAST else n / 25), buffers)
    assert found.error == pytest.approx(-0.5, abs=0.01)


def test_a_plan_that_changes_at_the_last_step_is_marked_and_counted_apart():
    changed = predict(series(lambda n: n / 50 if n < LAST else 3.0, plans="aaaab"), buffers)
    assert changed.plan_changed
    counted = tally([changed, predict(series(lambda n: n / 50, tenants=TENANTS), buffers), None])
    assert (counted.cells, counted.good, counted.same_plan, counted.same_plan_good) == (2, 1, 1, 1)


def test_a_few_blocks_are_close_whatever_their_share():
    deeper = predict(series(lambda n: 2.0 if n < LAST else 3.0), buffers)
    counted = tally([deeper], 8)
    assert (counted.good, counted.close) == (0, 1)


def flat(seed: int):
    return series(lambda n: 80.0, noise=0.2, seed=seed)


def test_scatter_of_one_cell_is_told_from_growth_by_the_others():
    """Alone, cells whose scatter looks like growth are extrapolated; among their like they are not."""
    cells = [flat(seed) for seed in range(40)]
    alone = [abs(math.log(predict(cell, buffers).predicted / 80)) for cell in cells]
    together = [abs(math.log(one.predicted / 80)) for one in predict_all(cells, buffers)]
    assert sum(together) < 0.8 * sum(alone)
    assert max(together) < max(alone)


def test_a_cell_that_grows_is_not_held_back_by_others_that_do_not():
    found = predict_all([*map(flat, range(40)), series(lambda n: n / 50)], buffers)
    assert found[-1].error == pytest.approx(0, abs=0.05)


def test_a_cell_with_one_step_since_its_plan_changed_is_not_predicted_and_leaves_the_others_alone():
    changed = series(lambda n: n / 50, plans="aaabb")
    found = predict_all([changed, series(lambda n: n / 50)], buffers)
    assert (found[0], found[1].error) == (None, pytest.approx(0, abs=0.02))


def test_three_steps_are_enough_to_predict_the_last_from():
    assert predict(series(lambda n: n / 50, scales=SCALES[:3]), buffers).error == pytest.approx(0, abs=0.02)


def test_two_steps_leave_nothing_to_predict_from():
    assert predict(series(lambda n: n / 50, scales=SCALES[:2]), buffers) is None


def test_steps_grow_by_one_factor_and_are_round():
    assert geometric(10_000, 1_000_000, 5) == SCALES


@pytest.mark.parametrize(
    ("ends", "steps", "says"),
    [((10, 10), 2, "not below"), ((20, 10), 3, "not below"), ((10, 100), 1, "--steps 1"), ((10, 12), 6, "fall on")],
)
def test_steps_that_make_no_series_are_refused(ends, steps, says):
    with pytest.raises(PgproofError, match=says):
        geometric(*ends, steps)


def test_a_step_needs_its_templates_and_two_copies():
    known = Known(bytes_per_unit=10_000, optimized_share=0.5)
    assert needed_bytes(100_000, (), known, {}, 20 * GB) == pytest.approx(1.15 * 3.5 * GB)
    assert needed_bytes(100_000, (50_000,), known, {}, 20 * GB) == pytest.approx(1.15 * 4 * GB)
    assert needed_bytes(100_000, (50_000,), known, {100_000: GB, 50_000: GB}, 20 * GB) == pytest.approx(1.15 * 2.5 * GB)


def test_the_first_step_that_does_not_fit_is_named_with_what_does():
    with pytest.raises(DiskFull, match=r"1,000,000 leads needs about 4\d\.\d GB") as error:
        insist_on_room(SCALES, Known(10_000), {}, 20 * GB, 30 * GB, "leads")
    assert "--to 320000" in error.value.hint


def test_steps_that_fit_are_let_through():
    insist_on_room(SCALES, Known(10_000), {}, 20 * GB, 100 * GB, "leads")
