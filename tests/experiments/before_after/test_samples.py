"""Every sample of a run, for somebody else's statistics."""

from __future__ import annotations

import io

from bench.cells.samples import COLUMNS, frame
from tests.builders import runs
from tests.experiments.before_after.formats import FORMATS


def test_the_frame_is_what_the_file_holds() -> None:
    import pandas as pd

    run = runs.run(runs.cooled(runs.pair()), cold=runs.caches())
    assert list(frame(run).columns) == list(COLUMNS)
    pd.testing.assert_frame_equal(frame(run), pd.read_csv(io.StringIO(FORMATS["csv"](run))))
