"""What is expected ten times further, and how often the same was right at the last step."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from bench.experiments.scale.document import document
from bench.experiments.scale.fit import LEAST
from bench.experiments.scale.further import Expected, ExpectedQuery, Further, expected, further
from bench.experiments.scale.further_document import predicted
from bench.experiments.scale.record import Measurement, Scaling
from bench.experiments.scale.summary import summarize
from bench.model import Verdict
from bench.report import markdown
from bench.report.document import Table
from tests.builders.growths import SCALES, scaling

TARGET = 100.0
TEN_MILLION = 10 * SCALES[-1]


def readings(*times: float, plans: str = "aaaaa") -> list[Measurement]:
    return [Measurement(scale, p95_ms=ms, executions=80, plan=plan, verdict=verdict_of(ms))
            for scale, ms, plan in zip(SCALES, times, plans, strict=True)]  # fmt: skip


def verdict_of(ms: float) -> Verdict:
    return "meets" if ms < 0.9 * TARGET else "misses" if ms > 1.1 * TARGET else "cannot tell"


@pytest.mark.parametrize(
    ("times", "verdict"),
    [((1, 1.02, 0.99, 1.01, 1), "meets"), ((0.5, 1.6, 5, 16, 50), "misses"), ((0.05, 0.16, 0.5, 1.6, 5), "meets"),
     ((2, 9, 4, 30, 11), "cannot tell"), ((1, 3, 10, 40, 130), "misses")],
)  # fmt: skip
def test_what_stays_is_within_what_grows_is_over_and_what_jumps_cannot_be_told(
    times: tuple[float, ...], verdict: Verdict
) -> None:
    assert expected(readings(*times), TEN_MILLION, TARGET).verdict == verdict


def test_growth_is_continued_by_the_curve_with_its_interval() -> None:
    found = expected(readings(0.05, 0.16, 0.5, 1.6, 5), TEN_MILLION, TARGET)
    assert found.low_ms is not None
    assert found.high_ms is not None
    assert found.ms == pytest.approx(50, rel=0.05)
    assert found.low_ms < 50 < found.high_ms


def test_nothing_is_said_beyond_a_plan_of_two_steps() -> None:
    found = expected(readings(1, 1, 1, 1, 1, plans="aaabb"), TEN_MILLION, TARGET)
    assert found == Expected("cannot tell", reason="the plan changed at 320,000")
    assert expected(readings(1, 1, 1, 1, 1, plans="aabbb"), TEN_MILLION, TARGET).verdict == "meets"
    assert expected([Measurement(1000)], TEN_MILLION, TARGET).verdict == "cannot tell"


def test_the_right_word_is_said_of_noisy_growth() -> None:
    """Of 400 made-up classes with 10 % of noise, at most one call in twenty is the opposite of the truth."""
    rng, wrong, told = random.Random(7), 0, 0
    for _ in range(400):
        exponent, at_last = rng.uniform(0, 1.1), 10 ** rng.uniform(-1, 1.9)
        times = [at_last * (scale / SCALES[-1]) ** exponent * rng.lognormvariate(0, 0.1) for scale in SCALES]
        truth = "meets" if at_last * 10**exponent <= TARGET else "misses"
        found = expected(readings(*times), TEN_MILLION, TARGET).verdict
        told += found != "cannot tell"
        wrong += found not in (truth, "cannot tell")
    assert told > 200
    assert wrong <= 0.05 * told


def test_the_last_step_is_told_by_those_before_it_and_counted() -> None:
    whole = scaling()
    found = further(whole, summarize(whole))
    assert found is not None
    assert (found.units, found.said, found.right, found.wrong, found.open) == (TEN_MILLION, 4, 4, 0, 0)
    assert [(one.title, one.expected.verdict) for one in found.queries] == [("Search", "misses"), ("Queue", "meets")]
    late = _with_last(whole, "misses")
    again = further(late, summarize(late))
    assert again is not None
    assert (again.said, again.right, again.wrong) == (4, 2, 2)


def _with_last(found: Scaling, verdict: Verdict) -> Scaling:
    """The same, with another verdict at the last step of what is after."""
    return replace(
        found,
        tracks=tuple(
            replace(one, readings=(*one.readings[:-1], replace(one.readings[-1], verdict=verdict)))
            if one.state == "after" else one
            for one in found.tracks
        ),
    )  # fmt: skip


def test_a_prediction_is_called_one_and_too_few_steps_predict_nothing() -> None:
    whole = scaling()
    text = markdown.render(document(whole, summarize(whole)))
    assert "A prediction, not a measurement. At 10,000,000 leads 1 of 2 queries would be within 100 ms" in text
    few = scaling(2)
    assert further(few, summarize(few)) is None
    assert "that needs three steps" in markdown.render(document(few, summarize(few)))


def test_an_interval_is_written_by_the_ends_that_it_has() -> None:
    measured = Measurement(1000, p95_ms=1.0)
    ends = [(LEAST, 50.0), (2.0, 50.0), (2.0, 1e9)]
    queries = tuple(ExpectedQuery("Queue", "hot", measured, Expected("meets", 5.0, *one)) for one in ends)
    _, table = predicted(Further(10_000, 1e6, 1e6, queries, 0, 0, 0, 0), "leads", TARGET)
    assert isinstance(table, Table)
    assert [row[4].text for row in table.rows] == ["up to 50.0 ms", "2.00 ms – 50.0 ms", "no upper end"]
