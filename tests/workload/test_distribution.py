"""``distribution.sql``: what is read of Citus' calls, and what is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import WorkloadError
from bench.model import DistributedTable
from bench.workload import read
from bench.workload.distribution import read_distribution
from tests import ROOT


def of(folder: Path, text: str) -> tuple[DistributedTable, ...]:
    (folder / "distribution.sql").write_text(text)
    return read_distribution(folder)


def test_a_workload_without_the_file_declares_nothing(tmp_path: Path) -> None:
    assert read_distribution(tmp_path) == ()


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("SELECT create_reference_table('a.b')", DistributedTable("a.b", line=1)),
        ("\n-- why\nselect pg_catalog.create_reference_table($$t$$::regclass);", DistributedTable("t", line=3)),
        ("SELECT create_distributed_table('t', 'id')", DistributedTable("t", "id", line=1)),
        ("SELECT create_distributed_table('t', 'id', 'hash', 'default', NULL)", DistributedTable("t", "id", line=1)),
        (
            "SELECT create_distributed_table('t', 'id', shard_count => 8, colocate_with := 'u')",
            DistributedTable("t", "id", "u", 8, 1),
        ),
    ],
)
def test_calls_of_citus_are_read_in_every_spelling(tmp_path: Path, text: str, table: DistributedTable) -> None:
    assert of(tmp_path, text) == (table,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-- nothing yet\n", ":1: no statement here"),
        ("SELECT create_reference_table('t');\nDROP TABLE t;", ":2: no call of a function of Citus"),
        ("SELECT 1", ":1: no call of a function"),
        ("SELECT create_reference_table('t') FROM u", ":1: no call of a function"),
        ("SELECT create_reference_table('t'), 1", ":1: no call of a function"),
        ("SELECT evil.create_reference_table('t')", r":1: evil.create_reference_table\(\) is no function that"),
        ("SELECT citus_drain_node('h', 1)", r":1: citus_drain_node\(\) is no function that distributes"),
        ("SELECT create_reference_table(name) ", ":1: an argument is no literal"),
        ("SELECT create_reference_table((SELECT 't'))", ":1: an argument is no literal"),
        ("SELECT create_reference_table(1.5)", ":1: an argument is neither"),
        ("SELECT create_reference_table()", ":1: names no table"),
        ("SELECT create_distributed_table('t')", ":1: t has no distribution column"),
        ("SELECT create_distributed_table('t', 'id', 'append')", ":1: t is distributed by append"),
        ("SELECT create_distributed_table('t', 'id', shard_count => 'x')", ":1: 'x' is no number"),
        ("SELECT create_distributed_table('t', 'id', colour => 'x')", ":1: colour is not known"),
        ("SELECT create_reference_table('t', 'u')", ":1: argument 2 is not known"),
        ("SELECT create_reference_table('t');\nSELECT create_reference_table('t')", r":2: t again \(first: line 1\)"),
        ("SELECT FROM WHERE", ":1: syntax error"),
    ],
)
def test_anything_else_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(WorkloadError, match=f"distribution.sql{said}") as error:
        of(tmp_path, text)
    assert "create_distributed_table" in error.value.hint or "again" in error.value.message


def test_the_crm_has_its_tenants_everywhere_and_all_that_is_theirs_by_tenant() -> None:
    crm = read(ROOT)
    own = [one for one in crm.distribution if not one.made_by]
    assert [one.table for one in own if not one.column] == ["crm.organizations"]
    assert [one.column for one in own if one.column] == ["organization_id"] * 13


def test_a_table_that_an_optimization_makes_is_known_by_it() -> None:
    made = {one.table: one.made_by for one in read(ROOT).distribution if one.made_by}
    tables = ("org_daily_metrics", "user_daily", "late_days", "watermark")
    assert made == {f"crm_agg.{table}": "org_daily_rollup" for table in tables}


def test_it_does_not_change_what_is_measured_on_one_server(shop: Path) -> None:
    before = read(shop).content_hash()
    (shop / "distribution.sql").write_text("SELECT create_reference_table('customers');")
    assert (read(shop).content_hash(), len(read(shop).distribution)) == (before, 1)
