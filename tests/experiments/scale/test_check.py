"""The last step predicted from the others, and the steps themselves: where they lie, whether they fit on the disk."""

from __future__ import annotations

import math

import pytest

from bench.errors import DiskFull, PgproofError
from bench.experiments.scale.check import predict as predict_all
from bench.experiments.scale.check import tally
from bench.experiments.scale.record import Measurement, Prediction
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


def off(predicted: float, actual: float, *, changed: bool = False) -> Prediction:
    return Prediction(predicted, actual, 4, changed)


@pytest.mark.parametrize(
    ("prediction", "good", "close"),
    [
        (off(125, 100), 1, 1), (off(75, 100), 1, 1), (off(126, 100), 0, 0), (off(74, 100), 0, 0),
        (off(12, 4), 0, 1), (off(2, 10), 0, 1), (off(13, 4), 0, 0), (off(1, 10), 0, 0),
    ],
)  # fmt: skip
def test_a_prediction_is_right_within_a_quarter_and_close_within_eight_blocks(prediction, good, close):
    found = tally([prediction], 8)
    assert (found.cells, found.good, found.close) == (1, good, close)
    assert tally([prediction]).close == good


def test_predictions_are_counted_and_the_worst_is_the_one_farthest_from_zero():
    found = tally([off(1, 1), None, off(1.5, 1), off(1, 10), off(1, 1, changed=True), off(9, 10)])
    assert (found.cells, found.good, found.same_plan, found.same_plan_good) == (5, 3, 4, 2)
    assert (found.worst, found.good_share) == (pytest.approx(-0.9), 0.6)
    assert (tally([]).worst, tally([None]).good_share) == (None, 0.0)


def test_a_figure_that_is_right_and_zero_off_is_close_to_itself():
    assert tally([off(3, 3)]).close == 1


def measured(*found: tuple[float | None, float | None], plans: str = "aaaaaa") -> list[Measurement]:
    return [
        Measurement(scale=10**at, buffers=n, tenant_rows=t, plan=plans[at - 1]) for at, (n, t) in enumerate(found, 1)
    ]


@pytest.mark.parametrize(
    ("found", "predicted"),
    [
        (measured((10, None), (100, None), (1_000, None)), 1_000),
        (measured((10, None), (None, None), (100, None), (1, None)), 10 * 10 ** (3 / 2)),
        (measured((10, 5), (20, 10), (80, 40)), 80),  # follows the tenant
        (measured((10, 5), (20, 10), (80, None)), 40),  # whose rows are not known there
        (measured((10, 5), (20, None), (40, 40)), 40),
        (measured((10, None), (100, None), (0, None)), None),
        (measured((10, None), (100, None), (None, None)), None),
        (measured((10, None), (None, None), (100, None)), None),
        (measured((10, None), (100, None)), None),
        (measured((10, None), (100, None), (5, None), plans="abb"), None),
    ],
)
def test_two_earlier_steps_of_one_plan_predict_a_figure_that_is_there(found, predicted):
    made = predict(found, buffers)
    if predicted is None:
        assert made is None
        return
    assert (made.predicted, made.actual) == (pytest.approx(predicted, rel=0.05), found[-1].buffers)


def test_a_prediction_says_on_how_many_steps_it_rests_and_whether_the_plan_is_another():
    found = predict(measured((10, None), (100, None), (900, None), (5, None), plans="xaaa"), buffers)
    assert (found.steps, found.plan_changed, found.actual) == (2, False, 5)
    found = predict(measured((10, None), (100, None), (5, None), plans="aab"), buffers)
    assert (found.steps, found.plan_changed) == (2, True)


def test_three_steps_off_their_curve_by_a_tenth_are_drawn_along_a_slope_instead():
    """On a curve to within 10 % it is the curve that predicts; beyond, the slope through all of them."""
    near, far = (measured((100, None), (200 * off, None), (300, None), (400, None)) for off in (1.0, 1.4))
    assert predict(near, buffers).predicted == pytest.approx(400, rel=0.005)
    assert predict(far, buffers).predicted != pytest.approx(400, rel=0.1)


def test_a_curve_over_the_tenant_predicts_for_the_tenant_s_rows():
    tenants = (10, 40, 90, 1_000)
    found = [Measurement(scale=10**at, buffers=5 + rows, tenant_rows=rows) for at, rows in enumerate(tenants, 1)]
    assert predict(found, buffers).predicted == pytest.approx(1_005, rel=0.01)


def test_each_prediction_stands_in_the_place_of_its_cell():
    none, flat_one, growing = measured((1, None)), series(lambda n: 7.0), series(lambda n: n / 50)
    found = predict_all([none, flat_one, none, growing], buffers)
    assert [one and round(one.predicted) for one in found] == [None, 7, None, pytest.approx(20_000, rel=0.02)]


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
