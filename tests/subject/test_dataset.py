"""The rows of the CRM, as Arrow: totals, ids, agreement between parents and children. No server."""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from bench.dataset.source import tables
from bench.dataset.table import Table
from tests import ROOT

DATASET = ROOT / "dataset"
CLOCK = np.datetime64("2026-01-01T00:00:00", "us")
SCALE = 7_000  # two chunks, one of them short; one whale
FOLLOWING_LEADS = [
    "leads",
    "communications",
    "campaign_members",
    "automation_runs",
    "automation_run_steps",
    "lead_score_history",
    "lead_assignments",
    "activity_log",
    "audit_log",
]


@cache
def dataset(scale: int = SCALE, seed: int = 1, skew: str = "default") -> dict[str, Table]:
    return {table.name.removeprefix("crm."): table for table in tables(DATASET, scale, seed, skew)}


@cache
def rows(name: str, scale: int = SCALE, seed: int = 1, skew: str = "default") -> pa.Table:
    table = dataset(scale, seed, skew)[name]
    return pa.Table.from_batches([table.build(chunk) for chunk in range(table.chunks)])


def test_leads_beyond_the_base_belong_to_the_largest_tenant():
    def sizes(scale: int, base: int | None) -> list[int]:
        leads = next(table for table in tables(DATASET, scale, 1, "default", base) if table.name == "crm.leads")
        owners = [leads.build(chunk)["organization_id"].to_numpy() for chunk in range(leads.chunks)]
        return sorted(np.unique_counts(np.concatenate(owners)).counts.tolist(), reverse=True)

    alike, grown = sizes(2_000, None), sizes(7_000, 2_000)
    assert len(grown) == len(alike)
    assert sum(grown[1:]) == pytest.approx(sum(alike[1:]), rel=0.02)
    assert grown[0] == pytest.approx(alike[0] + 5_000, rel=0.02)


def values(name: str, column: str) -> np.ndarray:
    """A column without NULLs as numpy array."""
    return rows(name)[column].to_numpy()


def micros(name: str, column: str) -> np.ndarray:
    return rows(name)[column].cast(pa.int64()).to_numpy()


def keys(name: str, column: str = "id") -> list[tuple[int, int]]:
    """(organization_id, ``column``) of the rows: ids repeat in other tenants."""
    return list(zip(rows(name)["organization_id"].to_pylist(), rows(name)[column].to_pylist(), strict=True))


def last_by_lead(name: str, column: str) -> dict[tuple[int, int], int]:
    """The value of ``column`` in the last row (by id, which is time order within a tenant) of each lead."""
    return dict(zip(keys(name, "lead_id"), rows(name)[column].to_pylist(), strict=True))


def of_its_lead(name: str, column: str) -> np.ndarray:
    """``column`` of the lead of each row that has one, in microseconds."""
    of_lead = dict(zip(keys("leads"), micros("leads", column).tolist(), strict=True))
    return np.array([of_lead[key] for key in keys(name, "lead_id") if key[1] is not None])


def test_there_are_fourteen_tables_parents_first() -> None:
    names = list(dataset())
    assert len(names) == 14
    assert names[0] == "organizations"
    for parent, child in [
        ("users", "leads"),
        ("campaigns", "communications"),
        ("leads", "communications"),
        ("automations", "automation_runs"),
        ("automation_runs", "automation_run_steps"),
        ("scoring_rules", "lead_score_history"),
    ]:
        assert names.index(parent) < names.index(child)


@pytest.mark.parametrize("name", list(dataset()))
def test_a_table_has_the_rows_it_promises(name: str) -> None:
    assert rows(name).num_rows == dataset()[name].rows


def test_organizations_are_numbered_without_gaps() -> None:
    assert values("organizations", "organization_id").tolist() == list(range(1, rows("organizations").num_rows + 1))


@pytest.mark.parametrize("name", list(dataset())[1:])
def test_an_id_is_once_in_its_tenant_and_many_are_in_two_tenants(name: str) -> None:
    found = keys(name)
    assert len(set(found)) == len(found)
    _, tenants = np.unique(values(name, "id"), return_counts=True)
    assert tenants.max() == 2
    assert (tenants == 2).sum() > 0.08 * len(found)


@pytest.mark.parametrize("name", FOLLOWING_LEADS)
def test_ids_follow_the_order_of_rows_in_two_numberings(name: str) -> None:
    ahead = values(name, "id") - np.arange(1, rows(name).num_rows + 1)
    by_tenant = set(zip(values(name, "organization_id").tolist(), ahead.tolist(), strict=True))
    assert {second for _, second in by_tenant} == {0, 1}
    assert len(by_tenant) == len({tenant for tenant, _ in by_tenant})


@pytest.mark.parametrize("name", list(dataset()))
def test_a_chunk_can_be_made_alone_and_again(name: str) -> None:
    table = dataset()[name]
    again = tables(DATASET, SCALE, 1, "default")[list(dataset()).index(name)]
    last = table.chunks - 1
    assert again.build(last).equals(rows(name).to_batches()[last])
    assert table.build(0).equals(rows(name).to_batches()[0])


@pytest.mark.parametrize("name", list(dataset()))
def test_columns_are_those_of_the_schema(name: str) -> None:
    assert rows(name).schema.equals(dataset()[name].schema, check_metadata=True)


@pytest.mark.parametrize(
    ("name", "per_lead", "per_whale"),
    [
        ("communications", 4, 3000),
        ("activity_log", 6, 4500),
        ("audit_log", 2.5, 0),
        ("lead_score_history", 2, 0),
        ("campaign_members", 2, 0),
        ("automation_runs", 2, 0),
        ("automation_run_steps", 5, 0),
        ("lead_assignments", 1, 0),
    ],
)
def test_children_come_in_exact_ratios(name: str, per_lead: float, per_whale: int) -> None:
    assert dataset()[name].rows == SCALE * per_lead + per_whale


def test_skew_changes_shares_but_no_totals() -> None:
    totals, biggest = [], []
    for skew in ("mild", "default", "brutal"):
        by_name = dataset(SCALE, 1, skew)
        totals.append([by_name[name].rows for name in FOLLOWING_LEADS])
        biggest.append(np.bincount(rows("leads", SCALE, 1, skew)["organization_id"].to_numpy()).max())
    assert totals[0] == totals[1] == totals[2]
    assert biggest == sorted(biggest)
    assert biggest[0] < biggest[2]


def test_another_seed_gives_other_rows() -> None:
    assert not rows("leads", SCALE, 2)["email"].equals(rows("leads")["email"])


@pytest.mark.parametrize("scale", [100, 999, 5_000, 5_001])
def test_every_scale_adds_up(scale: int) -> None:
    for name, table in dataset(scale).items():
        assert rows(name, scale).num_rows == table.rows


@pytest.mark.parametrize(("scale", "skew"), [(99, "default"), (1_000, "extreme")])
def test_nonsense_is_refused(scale: int, skew: str) -> None:
    with pytest.raises(Exception, match=r"too small|unknown skew"):
        tables(DATASET, scale, 1, skew)


# ------------------------------------------------------------------------------------------ parents and children
@pytest.mark.parametrize("name", FOLLOWING_LEADS[1:4] + FOLLOWING_LEADS[5:8])
def test_a_child_belongs_to_the_tenant_of_its_lead(name: str) -> None:
    assert {key for key in keys(name, "lead_id") if key[1] is not None} <= set(keys("leads"))


@pytest.mark.parametrize(
    ("name", "column", "parent"),
    [
        ("leads", "assigned_to_id", "users"),
        ("communications", "user_id", "users"),
        ("communications", "campaign_id", "campaigns"),
        ("campaign_members", "campaign_id", "campaigns"),
        ("automation_runs", "automation_id", "automations"),
        ("automation_run_steps", "run_id", "automation_runs"),
        ("lead_score_history", "rule_id", "scoring_rules"),
        ("lead_assignments", "from_user_id", "users"),
        ("lead_assignments", "assigned_to_id", "users"),
        ("lead_assignments", "assigned_by_id", "users"),
        ("activity_log", "user_id", "users"),
        ("audit_log", "actor_id", "users"),
        ("campaigns", "created_by_id", "users"),
        ("automations", "created_by_id", "users"),
    ],
)
def test_a_reference_stays_in_its_tenant(name: str, column: str, parent: str) -> None:
    assert {key for key in keys(name, column) if key[1] is not None} <= set(keys(parent))


def test_the_score_of_a_lead_is_the_last_of_its_history() -> None:
    last = last_by_lead("lead_score_history", "new_score")
    scores = rows("leads")["lead_score"].to_pylist()
    assert scores == [last.get(lead, 0) for lead in keys("leads")]


def test_each_score_change_begins_where_the_one_before_ended() -> None:
    ended: dict[tuple[int, int], int] = {}
    changes = [rows("lead_score_history")[column].to_pylist() for column in ("old_score", "new_score")]
    for lead, old, new in zip(keys("lead_score_history", "lead_id"), *changes, strict=True):
        assert ended.get(lead, 0) == old
        ended[lead] = new


def test_the_owner_of_a_lead_is_whom_the_last_assignment_names() -> None:
    last = last_by_lead("lead_assignments", "assigned_to_id")
    assert rows("leads")["assigned_to_id"].to_pylist() == [last.get(lead) for lead in keys("leads")]


def test_last_contact_is_the_newest_completed_communication() -> None:
    newest: dict[tuple[int, int], int] = {}
    completed = rows("communications")["completed_at"].cast(pa.int64()).to_pylist()
    for lead, done in zip(keys("communications", "lead_id"), completed, strict=True):
        if done is not None:
            newest[lead] = max(done, newest.get(lead, 0))
    found = rows("leads")["last_contacted_at"].cast(pa.int64()).to_pylist()
    assert found == [newest.get(lead) for lead in keys("leads")]


def test_a_lead_is_once_in_a_campaign() -> None:
    members = [
        (*campaign, lead)
        for campaign, (_, lead) in zip(
            keys("campaign_members", "campaign_id"), keys("campaign_members", "lead_id"), strict=True
        )
    ]
    assert len(set(members)) == len(members)


@pytest.mark.parametrize("column", ["email", "username"])
def test_users_are_told_apart_within_a_tenant(column: str) -> None:
    assert len(set(keys("users", column))) == rows("users").num_rows


# ------------------------------------------------------------------------------------------------------------ time
@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("leads", "created_at"),
        ("communications", "created_at"),
        ("campaign_members", "added_at"),
        ("automation_runs", "started_at"),
        ("automation_run_steps", "created_at"),
        ("lead_score_history", "created_at"),
        ("lead_assignments", "assigned_at"),
        ("activity_log", "created_at"),
        ("audit_log", "created_at"),
    ],
)
def test_rows_of_a_chunk_lie_in_time_order(name: str, column: str) -> None:
    for batch in rows(name).to_batches():
        assert (np.diff(batch[column].cast(pa.int64()).to_numpy()) >= 0).all()


@pytest.mark.parametrize("name", list(dataset()))
def test_nothing_but_plans_is_later_than_the_clock(name: str) -> None:
    for field in dataset()[name].schema:
        if pa.types.is_timestamp(field.type) and field.name != "scheduled_at":
            newest = pc.max(rows(name)[field.name].cast(pa.int64())).as_py()
            assert newest is None or newest < CLOCK.astype("int64")


@pytest.mark.parametrize("name", ["communications", "activity_log", "automation_runs", "campaign_members"])
def test_nothing_happens_to_a_lead_before_it_exists(name: str) -> None:
    column = {"automation_runs": "started_at", "campaign_members": "added_at"}.get(name, "created_at")
    made = rows(name).filter(pc.is_valid(rows(name)["lead_id"]))
    assert (made[column].cast(pa.int64()).to_numpy() >= of_its_lead(name, "created_at")).all()


def test_some_scheduled_messages_are_due_and_many_lie_ahead() -> None:
    waiting = rows("communications").filter(pc.equal(rows("communications")["comm_status"], "scheduled"))
    ahead = waiting["scheduled_at"].cast(pa.int64()).to_numpy() - CLOCK.astype("int64")
    assert 0.03 < waiting.num_rows / rows("communications").num_rows < 0.05
    assert 0 < (ahead <= 0).sum() < 0.05 * len(ahead)
    assert ahead.max() <= 31 * 86_400_000_000


def test_a_tenant_is_founded_before_its_first_lead() -> None:
    founded = micros("organizations", "created_at")[values("leads", "organization_id") - 1]
    assert (founded <= micros("leads", "created_at")).all()


def test_an_import_gives_many_leads_one_moment() -> None:
    _, counts = np.unique(micros("leads", "created_at"), return_counts=True)
    assert counts.max() >= 200


# ---------------------------------------------------------------------------------------------------------- people
def test_addresses_and_numbers_belong_to_nobody() -> None:
    for name in ("leads", "users"):
        emails = rows(name)["email"].drop_null()
        assert pc.all(pc.ends_with(emails, pattern=".example")).as_py()
    digits = pc.replace_substring_regex(rows("leads")["phone"].drop_null(), pattern="[^0-9]", replacement="")
    assert pc.all(pc.match_substring_regex(digits, pattern="^(00)?999[0-9]{9}$|^00999[0-9]{9}$")).as_py()


def test_the_reserved_tag_is_never_given() -> None:
    assert not pc.any(pc.match_substring(rows("leads")["tags"], "zz-reserved")).as_py()


# ------------------------------------------------------------------------------------------------------------ ties
def test_a_call_or_mail_in_the_log_is_as_old_as_the_communication_it_tells_of() -> None:
    written = set(zip(keys("communications", "lead_id"), micros("communications", "created_at").tolist(), strict=True))
    kinds = rows("activity_log")["activity_type"].to_pylist()
    logged = zip(keys("activity_log", "lead_id"), micros("activity_log", "created_at").tolist(), strict=True)
    together = {kind for kind, row in zip(kinds, logged, strict=True) if row in written}
    assert {"call", "email"} <= together


def test_a_statement_that_changes_two_fields_leaves_two_rows_of_one_moment() -> None:
    saves: dict[tuple[object, ...], list[str]] = {}
    columns = [rows("audit_log")[name].to_pylist() for name in ("entity_type", "actor_id", "changes")]
    saved = zip(keys("audit_log", "entity_id"), micros("audit_log", "created_at").tolist(), *columns, strict=True)
    for entity, moment, kind, actor, changes in saved:
        if kind == "lead":
            saves.setdefault((entity, moment, actor), []).append(changes.split(":")[0])
    pairs = [fields for fields in saves.values() if len(fields) > 1]
    assert 0.10 < len(pairs) / len(saves) < 0.20
    assert all(len(set(fields)) == len(fields) == 2 for fields in pairs)


def test_what_people_and_campaigns_plan_is_planned_for_a_full_hour() -> None:
    sent = rows("communications")
    by_somebody = pc.or_(pc.is_valid(sent["user_id"]), pc.is_valid(sent["campaign_id"]))
    waiting = sent.filter(pc.and_(pc.equal(sent["comm_status"], "scheduled"), by_somebody))
    planned = waiting["scheduled_at"].cast(pa.int64()).to_numpy()
    assert set((planned % 3_600_000_000).tolist()) <= {0, 1_800_000_000}  # one of the time zones is half an hour off
    _, messages = np.unique(planned, return_counts=True)
    assert messages.max() > 2


def test_some_runs_are_given_up_together_and_some_failed_twice() -> None:
    ended = rows("automation_runs").filter(pc.equal(rows("automation_runs")["run_status"], "failed"))
    _, runs = np.unique(ended["finished_at"].cast(pa.int64()).to_numpy(), return_counts=True)
    assert runs.max() > 1
    failed = pc.equal(rows("automation_run_steps")["step_status"], "failed").to_pylist()
    per_run: dict[tuple[int, int], int] = {}
    for run, bad in zip(keys("automation_run_steps", "run_id"), failed, strict=True):
        per_run[run] = per_run.get(run, 0) + bad
    assert max(per_run.values()) == 2


def test_some_points_are_taken_back() -> None:
    assert 0.02 < (values("lead_score_history", "new_score") < values("lead_score_history", "old_score")).mean() < 0.06


def test_some_people_have_two_accounts() -> None:
    assert 0.01 < 1 - len(set(keys("users", "full_name"))) / rows("users").num_rows < 0.08


def test_at_another_clock_the_same_rows_are_later() -> None:
    at, later = (tables(DATASET, 200, 1, "default", clock=f"2026-01-0{time}+00:00") for time in ("1T00:00", "3T15:37"))
    moved = dt.timedelta(days=2, hours=15, minutes=37)
    for table, other in zip(at, later, strict=True):
        rows, moved_rows = (one.build(0).to_pylist() for one in (table, other))
        for row, same in zip(rows, moved_rows, strict=True):
            for column, value in row.items():
                by = moved if isinstance(value, dt.datetime) else dt.timedelta(days=2)
                assert same[column] == (value + by if isinstance(value, dt.date) else value), (table.name, column)
