"""What a cluster cannot be asked is left out and named; on one server it is an error, as ever."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.dataset.bindings import choose_bindings
from bench.dataset.checks import run_checks
from bench.errors import Refused
from bench.model import Query
from bench.postgres import databases, ledger
from bench.postgres.connection import Connection, Target
from bench.progress import silent

REFUSED = "SELECT count(*), 0, 9 FROM pg_class FOR UPDATE"
"""What PostgreSQL refuses by the code that Citus gives for what it cannot do (0A000)."""
CHECKS = f"""-- check: locked
-- why: a test
{REFUSED};
-- check: in_order
-- why: a test
SELECT count(*) FILTER (WHERE c.ctid IS NULL), 0, 9 FROM pg_class AS c;
-- check: fine
-- why: a test
SELECT 1, 0, 9; -- no ctid
"""


@pytest.fixture
def connection(admin: Connection, target: Target) -> Iterator[Connection]:
    databases.create(admin, "pgproof_refused", "scratch")
    with target.connect("pgproof_refused") as opened:
        yield opened


def test_checks_that_a_cluster_refuses_or_that_ask_where_rows_lie_are_named(
    connection: Connection, tmp_path: Path
) -> None:
    (tmp_path / "checks.sql").write_text(CHECKS)
    told: list[str] = []
    found = run_checks(connection, tmp_path / "checks.sql", {}, silent, refused=told)
    assert [check.name for check in found] == ["fine"]
    assert told[0].startswith(
        "check locked was not asked, since the cluster refuses it: dataset/checks.sql:3: FOR UPDATE"
    )
    assert told[1] == "check in_order was not asked: where rows lie (ctid) is another thing in shards."
    with pytest.raises(Refused, match=r"checks\.sql:3"):
        run_checks(connection, tmp_path / "checks.sql", {}, silent)


def test_a_class_that_a_cluster_refuses_is_named_each_time(connection: Connection, tmp_path: Path) -> None:
    ledger.create(connection)
    extra = {"worst": REFUSED, "other": "SELECT 1 AS one"}
    query = Query("q", "T", "Q?", (), (), (), extra, (), False, "", "SELECT 1", 5, "queries/q.sql")
    for _ in range(2):
        told: list[str] = []
        found = choose_bindings(connection, [query], tmp_path / "classes.sql", "", silent, refused=told)
        assert (list(found["q"]), len(told)) == (["all"], 1)
        assert "queries/q.sql:1 (class worst)" in told[0]
    with pytest.raises(Refused, match="class worst"):
        choose_bindings(connection, [query], tmp_path / "classes.sql", "", silent)
