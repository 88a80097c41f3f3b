"""Curves through a few points: held against numpy's own least squares, and which of them are kept."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bench.experiments.scale.fit import (
    EXPLAINS,
    FLAT,
    LEAST,
    RESOLUTION,
    STEPS_MOST,
    STUDENT_T,
    Curve,
    alike,
    curves,
    fit,
    may_be_constant,
    rest,
)  # fmt: skip

XS = [10.0, 30.0, 100.0, 300.0, 1_000.0]
SCATTERED = [5.0, 9.0, 8.0, 30.0, 41.0]
SMOOTH = [5.0 + x / 50 for x in XS]


@pytest.mark.parametrize("free", range(1, 11))
def test_the_quantiles_are_student_s(free: int) -> None:
    """The density, added up from 0: 47.5 % lie below."""
    most, steps = STUDENT_T[free - 1], 2_000
    scale = math.gamma((free + 1) / 2) / math.sqrt(free * math.pi) / math.gamma(free / 2)
    below = sum((1 + (most * (n + 0.5) / steps) ** 2 / free) ** (-(free + 1) / 2) for n in range(steps))
    assert scale * below * most / steps == pytest.approx(0.475, abs=2e-5)
    assert STEPS_MOST == 12


@pytest.mark.parametrize("ys", [SCATTERED, SMOOTH, SMOOTH[:3], [4.0, 9.0]])
@pytest.mark.parametrize("model", ["power", "linear", "logarithmic"])
def test_a_curve_is_the_weighted_least_squares_of_numpy(model: str, ys: list[float]) -> None:
    xs, y = np.array(XS[: len(ys)]), np.array(ys)
    h = xs if model == "linear" else np.log(xs)
    seen, root = (np.log(y), np.ones_like(y)) if model == "power" else (y, 1 / y)
    (slope, intercept), unscaled = np.polyfit(h, seen, 1, w=root, cov="unscaled") if len(ys) > 2 else (
        np.polyfit(h, seen, 1, w=root), None)  # fmt: skip
    found = fit(model, xs, ys)
    assert (found.slope, found.intercept) == pytest.approx((slope, intercept))
    assert (found.model, found.free) == (model, len(ys) - 2)
    on_it = [math.exp(v) if model == "power" else max(v, LEAST) for v in intercept + slope * h]
    assert found.left == pytest.approx(sum(math.log(a / b) ** 2 for a, b in zip(ys, on_it, strict=True)), abs=1e-12)
    assert [found.at(x) for x in xs] == pytest.approx(on_it)
    if unscaled is None:
        assert (found.band(50), found.slope_interval()) == (None, None)
        return
    residual = float(((root * (seen - intercept - slope * h)) ** 2).sum())
    variance = max(residual / found.free, RESOLUTION**2)
    half = STUDENT_T[found.free - 1] * math.sqrt(variance * unscaled[0, 0])
    assert found.slope_interval() == pytest.approx((slope - half, slope + half))
    at = np.array([h[1] * 1.1, 1.0])
    reach = STUDENT_T[found.free - 1] * math.sqrt(variance * at @ unscaled @ at)
    ends = [slope * at[0] + intercept + sign * reach for sign in (-1, 1)]
    wanted = [math.exp(end) if model == "power" else max(end, LEAST) for end in ends]
    assert found.band(xs[1] * 1.1 if model == "linear" else xs[1] ** 1.1) == pytest.approx(wanted)


def test_a_constant_is_the_geometric_mean_with_the_scatter_of_its_points() -> None:
    found = fit("constant", XS[:3], [1.0, 4.0, 16.0])
    left = 2 * math.log(4) ** 2
    assert found.at(7) == found.at(7_000) == pytest.approx(4)
    assert (found.free, found.slope, found.left) == (2, 0, pytest.approx(left))
    half = 4.303 * math.sqrt(left / 2 / 3)
    assert found.band(5) == pytest.approx((4 * math.exp(-half), 4 * math.exp(half)))
    one, same = fit("constant", [10.0], [7.0]), fit("constant", XS[:4], [7.0] * 4)
    assert (one.free, one.left, one.band(1), one.covariance[0]) == (0, 0, None, pytest.approx(RESOLUTION**2))
    assert same.covariance[0] == pytest.approx(RESOLUTION**2 / 4)


def test_figures_below_the_least_are_taken_for_it_and_none_is_forecast_below() -> None:
    assert fit("power", XS, [0.0, 1e-9, 0.0, -3.0, 1e-3]).at(50) == pytest.approx(LEAST) == 1e-3
    falling = Curve("linear", 5.0, -1.0, (0.0, 0.0, 0.0), 1, 0.0)
    assert (falling.at(4), falling.at(50), falling.band(50)) == (1, LEAST, (LEAST, LEAST))


def test_a_curve_that_leaves_all_numbers_stays_one() -> None:
    assert Curve("power", 0.0, 500.0, (0.0, 0.0, 0.0), 1, 0.0).at(1e6) == math.exp(700)


def curve(slope: float = 1.0, *, sd: float = 0.1, free: int = 2, left: float = 0.0) -> Curve:
    return Curve("power", 0.0, slope, (0.0, 0.0, sd**2), free, left)


@pytest.mark.parametrize(("slope", "enough"), [(0.4302, True), (-0.4302, True), (0.4304, False), (-0.4304, False)])
def test_a_constant_is_enough_where_the_interval_of_the_exponent_holds_zero(slope: float, enough: bool) -> None:
    assert may_be_constant(curve(slope)) is enough


def test_without_an_interval_nothing_is_called_constant() -> None:
    assert not may_be_constant(curve(0.0, free=0))


@pytest.mark.parametrize(("free", "factor"), [(3, 1 + 3.182**2 / 3), (1, 1 + 12.706**2), (0, 1 + 12.706**2)])
def test_a_curve_is_alike_that_leaves_no_more_than_chance_explains(free: int, factor: float) -> None:
    best = curve(free=free, left=0.01)
    least = 5 * RESOLUTION**2
    assert rest(best, 5) == pytest.approx(0.01 + least)
    for share, found in ((0.999, True), (1.001, False)):
        assert alike(curve(left=share * factor * (0.01 + least) - least), best, 5) is found


def models(ys: list[float], xs: list[float] = XS) -> list[str]:
    return [one.model for one in curves(xs[: len(ys)], ys)]


@pytest.mark.parametrize(
    ("ys", "first"),
    [
        ([7.0] * 5, "constant"),
        (SMOOTH, "linear"),
        ([x**0.5 for x in XS], "power"),
        ([math.log(x) for x in XS], "logarithmic"),
        ([1e4 / x for x in XS], "power"),
    ],
)
def test_the_best_curve_comes_first(ys: list[float], first: str) -> None:
    assert models(ys)[0] == first


def test_one_size_allows_a_constant_and_two_points_a_power_law() -> None:
    assert models([3.0, 4.0], [10.0, 10.0]) == ["constant"]
    assert models([3.0, 4.0]) == ["power"]


def test_curves_that_fall_describe_nothing_but_a_power_law() -> None:
    for ys in ([100.0, 90.0, 70.0, 66.0, 50.0], [100 - 0.09 * x for x in XS], [9 - 0.5 * math.log(x) for x in XS]):
        assert {*models(ys)} - {"constant"} == {"power"}


@pytest.mark.parametrize(
    ("ys", "first"),
    [
        ([82.0, 120.0, 340.0], "linear"),
        ([82.0, 165.0, 200.0], "logarithmic"),
        ([80.0, 165.0, 110.0], "constant"),  # leaves no more than a fifth more
        ([100.0, 104.0, 124.0], "constant"),  # a curve leaves a tenth, but it hardly grows: exponent 0.094
        ([100.0, 109.0, 126.0], "power"),  # 0.101
    ],
)
def test_three_points_prove_no_growth_and_are_expected_to_grow_where_a_curve_explains_most(
    ys: list[float], first: str
) -> None:
    assert may_be_constant(fit("power", XS[:3], ys))
    found = models(ys)
    assert found[0] == first
    assert found[0 if first == "constant" else -1] == "constant"
    left = rest(fit("constant", XS[:3], ys), 3) / min(rest(one, 3) for one in curves(XS[:3], ys)[:-1])
    assert (left >= EXPLAINS == 10) or first == "constant"
    assert (abs(fit("power", XS[:3], ys).slope) > FLAT == 0.1) is (ys[2] != 124)
