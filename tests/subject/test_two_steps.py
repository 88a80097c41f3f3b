"""The rewrites in two steps: the answers of the plain statements, whatever is asked for and however old it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.measurement.execution import Cell, execute, explain, result_rows
from bench.measurement.schedule import keep_up_once
from bench.model import Arm, Binding
from bench.plans.parse import walk
from bench.postgres import databases, optimizations
from bench.postgres.connection import Connection, Target
from bench.postgres.statements import run_file
from bench.progress import silent
from tests.builders.crm import CRM

ODD = (
    "50%",
    "snake_case",
    r"back\slash",
    "two\nlines",
    "Ñandú",
    "straße",
    "İstanbul",
    "q",
    "  ",
    "a.b",
    "日本",
    "'; --",
    "é",
)
"""Last names that only the oldest leads have, which no walk of a thousand reaches."""

ROWS = """
INSERT INTO crm.organizations
    (organization_id, slug, name, industry, plan, country_code, timezone, created_at, updated_at)
SELECT n, 'o' || n, 'O', '', (enum_range(NULL::crm.org_plan))[1], 'DE', 'UTC', '2025-01-01', '2025-01-01'
FROM generate_series(1, 2) AS n;
INSERT INTO crm.leads
    (organization_id, id, first_name, last_name, company, email, source, tags, created_at, updated_at, deleted_at)
SELECT o, n, 'Anna' || n % 7, CASE WHEN n <= 60 THEN 'Zzyx' ELSE 'Smith' END,
       nullif('Co' || n % 3, 'Co0'), CASE WHEN n % 5 > 0 THEN n || '@A.example' END, 'website',
       CASE WHEN n <= 60 THEN '["old"]' WHEN n = 1200 THEN '["rare"]' WHEN n % 2 = 0 THEN '["half"]' ELSE '[]'
       END::jsonb, moment, moment, CASE WHEN n % 11 = 0 THEN moment END
FROM generate_series(1, 1300) AS n, generate_series(1, 2) AS o,
     LATERAL (SELECT '2025-01-01'::timestamptz + n / 3 * interval '1 min' AS moment) AS t;
INSERT INTO crm.audit_log (organization_id, id, entity_type, entity_id, action, changes, created_at)
SELECT organization_id, id, 'lead', id % 9, 'update', jsonb_build_object(coalesce(tags ->> 0, 'x'), 1), created_at
FROM crm.leads;
"""

FRAGMENTS = (
    "", " ", "%", "_", "\\", "\\\\", "%%", "_%", "50%", "0%", "E_c", "K\\S", "o\nl", "\n", "two lines", "ñ", "ÑAN", "ß",
    "aß", "SS", "i̇", "İ", "日", "日本", "é", "q", "qz", "zz", "ZZY", "zyx", "a", "an", "nn", "annaa", "smith", "th co",
    "@a", "5@a.example", "a.", ".", "'", "--", "; -", "  ", "co1 7", "no-such-name", "x" * 200,
)  # fmt: skip


@pytest.fixture(scope="module", params=["force_custom_plan", "force_generic_plan"])
def crm(target: Target, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """Two tenants of 1,300 leads and changes, asked with plans for the values, or with one for all."""
    with target.connect() as admin:
        databases.create(admin, "pgproof_two_steps", "scratch")
        with target.connect("pgproof_two_steps", plan_cache_mode=request.param) as connection:
            run_file(connection, CRM.schema, "schema.sql")
            optimizations.apply_all(connection, CRM.optimizations, silent)
            connection.execute(ROWS)
            for number, name in enumerate(ODD):
                connection.execute(
                    "UPDATE crm.leads SET last_name = %s WHERE id %% 13 = %s AND id <= 26", [name, number]
                )
            connection.execute("ANALYZE crm.leads, crm.audit_log")
            for block in CRM.optimizations:  # entries that are still pending are dear enough to turn the plan
                if block.name.endswith("_two_steps"):
                    keep_up_once(connection, block, block.upkeep, CRM.clock)
            yield connection
        databases.drop(admin, "pgproof_two_steps")


def cell(query: str, **values: str | None) -> Cell:
    (found,) = [one for one in CRM.queries if one.name == query]
    return Cell(found, "odd", (Binding({"organization_id": "1", **values}),))


def answer(connection: Connection, asked: Cell, arm: Arm) -> list[list[bytes]]:
    return list(result_rows(execute(connection, asked, arm, 0)[1]))


def differs(connection: Connection, *asked: Cell) -> list[Cell]:
    return [one for one in asked if answer(connection, one, "before") != answer(connection, one, "after")]


def test_a_search_finds_what_the_plain_one_finds(crm: Connection) -> None:
    """What LIKE takes for more than a letter, one letter, none, letters of several bytes, and a line's end."""
    assert len(answer(crm, cell("lead_search", email="x", fragment="zz"), "after")) == 20
    assert len(answer(crm, cell("lead_search", email="x", fragment="o\nl"), "after")) == 2
    assert differs(crm, *(cell("lead_search", email="7@A.EXAMPLE", fragment=one) for one in FRAGMENTS)) == []
    assert differs(crm, cell("lead_search", email=None, fragment=None)) == []


@pytest.mark.parametrize("value", ["half", "old", "rare", "none", "", None])
def test_a_tag_and_a_field_find_what_the_plain_statements_find(crm: Connection, value: str | None) -> None:
    field = {"entity_type": "lead", "entity_id": "5", "field": value}
    assert differs(crm, cell("json_tag_search", tag=value), cell("audit_trail", **field)) == []


@pytest.mark.parametrize(
    ("asked", "walked", "index"),
    [
        (cell("lead_search", email="x", fragment="qz"), "leads_org_created_idx", "leads_search_pairs"),
        (cell("json_tag_search", tag="none"), "leads_org_updated_idx", "leads_tags_gin"),
        (cell("audit_trail", entity_type="lead", entity_id="5", field="none"), "audit_log_org_created_idx",
         "audit_log_changes_gin"),
    ],
    ids=lambda value: value.query.name if isinstance(value, Cell) else "",
)  # fmt: skip
def test_what_nobody_has_reads_a_thousand_rows_and_the_index(
    crm: Connection, asked: Cell, walked: str, index: str
) -> None:
    seen = {node["Index Name"]: node for node in walk(explain(crm, asked, "after", 0).plan) if "Index Name" in node}
    assert {walked, index} <= set(seen)
    assert (seen[walked]["Actual Rows"], seen[index]["Actual Rows"]) == (1000, 0)
