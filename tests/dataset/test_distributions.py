"""dataset/distributions.sql: counted once with the template, counted anew when its text changes, never a refill."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.dataset.distributions import read_distributions
from bench.dataset.template import Build, ensure
from bench.dataset.worker import Recipe
from bench.errors import WorkloadError
from bench.model import Dataset
from bench.postgres.connection import Connection, Target
from bench.postgres.databases import find
from bench.postgres.servers import ServerHandle
from bench.progress import silent
from bench.workload import read

HEAD = "-- distribution: Sizes\n-- across: size\n-- counts: things\n"


@pytest.fixture
def make(admin: Connection, target: Target, server: ServerHandle) -> Callable[[Path], tuple[str, Dataset]]:
    """Make, or find, the template of a workload."""
    how = Build(target, server.version_num // 10000, server.bulk, 1, silent)

    def ensure_it(folder: Path) -> tuple[str, Dataset]:
        workload = read(folder)
        return ensure(admin, workload, Recipe(workload.dataset, 500, 7, "default"), how)

    return ensure_it


def ask(shop: Path, text: str) -> None:
    (shop / "dataset" / "distributions.sql").write_text(text)


def test_the_example_counts_every_row(make, shop) -> None:
    _, dataset = make(shop)
    sizes, status = dataset.distributions
    rows = {table.name: table.rows for table in dataset.tables}
    assert (sizes.name, sizes.across, sizes.counts) == ("Orders per customer", "orders of the customer", "customers")
    assert sum(bar.count for bar in sizes.bars) == rows["public.customers"]
    assert {bar.label: bar.count for bar in status.bars}["open"] == rows["public.orders"] // 50
    assert sum(bar.count for bar in status.bars) == rows["public.orders"]


def test_a_cached_template_has_what_was_counted_when_it_was_made(make, shop) -> None:
    _, first = make(shop)
    _, again = make(shop)
    assert again.cached
    assert again.distributions == first.distributions != ()


def test_another_text_is_counted_anew_in_the_same_template(make, shop) -> None:
    name, _ = make(shop)
    ask(shop, f"{HEAD}SELECT 'all', count(*) FROM orders;")
    again, changed = make(shop)
    assert (again, changed.cached) == (name, True)
    assert [(bar.label, bar.count) for bar in changed.distributions[0].bars] == [("all", 500)]


def test_without_the_file_there_are_none(make, shop) -> None:
    make(shop)
    (shop / "dataset" / "distributions.sql").unlink()
    assert make(shop)[1].distributions == ()


def test_the_file_is_no_script_that_makes_rows_and_writes_nothing(make, shop) -> None:
    ask(shop, f"{HEAD}DELETE FROM orders RETURNING 'gone', 1;")
    with pytest.raises(WorkloadError, match=r"distributions\.sql:4: cannot execute DELETE in a read-only"):
        make(shop)


def test_a_wrong_select_costs_no_second_load(make, shop, admin) -> None:
    ask(shop, f"{HEAD}SELECT 'all',\n  count(*) FROM nowhere;")
    with pytest.raises(WorkloadError, match=r'distributions\.sql:5: relation "nowhere" does not exist'):
        make(shop)
    ask(shop, f"{HEAD}SELECT 'all', count(*) FROM orders;")
    name, dataset = make(shop)
    assert dataset.cached
    assert find(admin, name).complete


@pytest.mark.parametrize(
    ("select", "says"),
    [
        ("SELECT 1, 2", "gives rows of label \\(text\\) and count \\(bigint\\)"),
        ("SELECT 'a', 1.5", "gives rows of label"),
        ("SELECT 'a', NULL::bigint", "gives rows of label"),
        ("SELECT 'a', -1", "gives rows of label"),
        ("SELECT 'a'", "gives rows of label"),
        ("SELECT n::text, n FROM generate_series(1, 32) AS n", "gives 32 rows, 31 at most can be drawn"),
    ],
)
def test_rows_that_cannot_be_drawn_are_refused(make, shop, select, says) -> None:
    ask(shop, f"{HEAD}\n{select};")
    with pytest.raises(WorkloadError, match=rf"dataset/distributions\.sql:5: (a distribution )?{says}"):
        make(shop)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "1: holds no distribution"),
        (f"SELECT 1;\n{HEAD}SELECT 'a', 1;", "1: a statement outside of a named block"),
        (HEAD.replace("counts", "count") + "SELECT 'a', 1;", "3: unknown header key 'count'"),
        ("-- distribution: Sizes\n-- across: size\nSELECT 'a', 1;", "1: distribution Sizes has no '-- counts:' line"),
        (f"{HEAD}", "1: distribution Sizes needs exactly one statement"),
        (f"{HEAD}SELECT 'a', 1; SELECT 'b', 2;", "1: distribution Sizes needs exactly one statement"),
    ],
)
def test_a_wrong_file_says_where_and_what(shop, text, says) -> None:
    ask(shop, text)
    with pytest.raises(WorkloadError, match=rf"dataset/distributions\.sql:{says}"):
        read_distributions(shop / "dataset" / "distributions.sql")
