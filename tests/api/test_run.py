"""``import pgproof``: a stored run as DataFrames and Figures, with no server and no more loaded than is asked for."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

import pgproof
from bench.cells.samples import COLUMNS
from bench.experiments.before_after.document import EXPERIMENT
from tests import ROOT

RUNS = ROOT / "tests" / "golden" / "runs"


@pytest.fixture(scope="module")
def full() -> pgproof.Run:
    return pgproof.load(RUNS / "run" / "full")


HEAVY = "{'pandas', 'numpy', 'matplotlib', 'psycopg', 'msgspec'}"
ASKED = f"""
import pgproof, sys
print(sorted({HEAVY} & set(sys.modules)))
pgproof.load({str(RUNS / "run" / "plain")!r}).headline
print(sorted({HEAVY} & set(sys.modules)))
"""


def test_importing_it_loads_nothing_heavy_and_a_run_no_driver() -> None:
    done = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines() == ["[]", "['msgspec', 'numpy']"]


def test_what_it_offers_is_what_it_says() -> None:
    assert sorted(pgproof.__all__) == ["PgproofError", "Run", "__version__", "load"]
    assert all(hasattr(pgproof, name) for name in pgproof.__all__)
    assert "bench" not in dir(pgproof.Run)


def test_samples_are_a_row_for_each_execution(full: pgproof.Run) -> None:
    found = full.samples()
    assert tuple(found.columns) == COLUMNS
    taken = sum(len(s.samples) + len(s.cold) for p in full.record.pairs for s in (p.before, p.after))
    assert len(found) == taken + sum(len(pair.copy) for pair in full.record.pairs) > 100
    assert (str(found["ms"].dtype), str(found["censored"].dtype)) == ("float64", "boolean")


def test_cells_say_what_the_report_says(full: pgproof.Run) -> None:
    import pandas as pd

    found = full.cells().set_index(["query", "parameter_class", "state"])
    for query in full.summary.queries:
        for cell in query.cells:
            for state in ("before", "after"):
                row, side = found.loc[(query.name, cell.parameter_class, state)], cell.side(state)
                assert row["n"] == side.n
                assert row["p95_ms"] == pytest.approx(side.p95.ms, abs=1e-6) if side.p95 else pd.isna(row["p95_ms"])
    numbers = [name for name in found.columns if name.endswith(("_ms", "_bytes", "_blocks")) or name == "ratio"]
    assert {str(found[name].dtype) for name in numbers} <= {"float64", "int64"}


def test_plans_are_a_row_for_each_step_and_add_up(full: pgproof.Run) -> None:
    found = full.plans()
    whole = found.groupby(["query", "parameter_class", "state"])["buffers"].sum().to_dict()
    reads = [query.name for query in full.record.queries if not query.writes]
    seen = {(p.query, p.parameter_class, s): p.side(s).plan for p in full.record.pairs for s in ("before", "after")}
    known = {where: plan.counters.buffers for where, plan in seen.items() if plan and where[0] in reads}
    assert {where: whole[where] for where in known} == known
    assert len(known) > 10


def test_optimizations_have_cost_and_gain(full: pgproof.Run) -> None:
    found = full.optimizations().set_index("name")
    assert list(found.index) == [one.name for one in full.record.optimizations]
    assert (found.loc["orders_customer_idx", "size_bytes"], found.loc["orders_customer_idx", "use"]) == (221184, "used")
    assert (found["build_ms"] > 0).all()


def test_figures_are_drawn_when_they_are_asked_for(full: pgproof.Run) -> None:
    from matplotlib.figure import Figure

    found = full.figures()
    assert {"overview", "query-open_orders"} <= set(found)
    drawn = found["overview"]
    assert isinstance(drawn, Figure)
    target = io.BytesIO()
    drawn.savefig(target, format="svg")
    assert b"<svg" in target.getvalue()


def test_a_notebook_shows_the_answer_escaped(full: pgproof.Run) -> None:
    shown = full._repr_html_()
    assert full.headline in shown
    assert shown.count("<tr>") == 1 + len([one for one in full.summary.queries if one.worst])
    assert repr(full).startswith("<pgproof run 2026")
    hostile = pgproof.load(RUNS / "run" / "full")
    object.__setattr__(hostile.record, "workload", "<script>")
    assert "<script>" not in hostile._repr_html_()


def test_a_run_of_one_state_has_the_same_tables() -> None:
    now = pgproof.load(RUNS / "now" / "now.json")
    assert set(now.cells()["state"]) == {"before"}
    assert (len(now.samples()) > 100, len(now.plans()) > 10, len(now.optimizations())) == (True, True, 0)
    assert "query-reviews_by_id" in now.figures()


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nowhere", "no such file"),
        ("traps", "a look for traps; tables are made of runs"),
        ("run/cut-off", "truncated"),
        ("run", "holds no result"),
    ],
)
def test_what_is_no_run_is_refused(path: str, says: str) -> None:
    with pytest.raises(pgproof.PgproofError, match=says):
        pgproof.load(RUNS / path)


@pytest.mark.parametrize("name", ["samples", "cells"])
def test_parquet_holds_what_csv_holds(full: pgproof.Run, name: str, tmp_path: Path) -> None:
    import pandas as pd

    for ending in ("csv", "parquet"):
        made = EXPERIMENT.others[f"{name}.{ending}"](full.record, full.summary)
        (tmp_path / f"{name}.{ending}").write_bytes(made.encode() if isinstance(made, str) else made)
    typed, text = pd.read_parquet(tmp_path / f"{name}.parquet"), pd.read_csv(tmp_path / f"{name}.csv")
    assert list(typed.columns) == list(text.columns)
    pd.testing.assert_frame_equal(typed[["query", "n" if name == "cells" else "ms"]],
                                  text[["query", "n" if name == "cells" else "ms"]], check_dtype=False)  # fmt: skip
    assert [column for column in typed if str(typed[column].dtype) == "object" and typed[column].isna().all()] == []
