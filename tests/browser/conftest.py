"""The page of a made-up run with every part; the browser is in tests/chromium.py."""

from __future__ import annotations

import pytest

from bench.model import Run
from tests.builders import attributed, runs
from tests.experiments.before_after.formats import FORMATS


def whole() -> Run:
    """A run with every part that a page can have, small enough to be looked at by a slow examiner."""
    pairs = [
        runs.pair("queue", "hot"),
        runs.pair("queue", "tiny", index=""),
        runs.pair("other_one", "hot", after_ms=240),
    ]
    pairs += [runs.pair(f"query_{number}", "hot", before_ms=20 + number) for number in range(3)]
    made = runs.run(*pairs)
    return attributed.run(attributed.whole(), pairs=made.pairs, queries=made.queries)


@pytest.fixture(scope="session")
def html() -> str:
    """The page of a run with every part."""
    return FORMATS["html"](whole())
