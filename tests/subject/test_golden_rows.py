"""The rows of a seed are these bytes, on every machine and for every version of Python, numpy and Arrow.

A difference means that the same command would measure other data: raise DATASET_VERSION in dataset/__init__.py, then
put the new digests here (they are in the failure message).
"""

from __future__ import annotations

import hashlib

import pytest

from bench.dataset.source import tables
from bench.dataset.table import Table
from bench.postgres.copying import Encoder
from tests import ROOT

DATASET = ROOT / "dataset"

GOLDEN = {
    "crm.organizations": "b1e188c58b8b757f",
    "crm.users": "b1e188c58b8b757f",
    "crm.leads": "b1e188c58b8b757f",
    "crm.campaigns": "b1e188c58b8b757f",
    "crm.communications": "677e43ed73d99e26",
    "crm.campaign_members": "b1e188c58b8b757f",
    "crm.automations": "b1e188c58b8b757f",
    "crm.automation_runs": "3f5de6e51c34daf6",
    "crm.automation_run_steps": "dca0878e4b3f4723",
    "crm.scoring_rules": "b1e188c58b8b757f",
    "crm.lead_score_history": "b1e188c58b8b757f",
    "crm.lead_assignments": "b1e188c58b8b757f",
    "crm.activity_log": "fac335dd449edd26",
    "crm.audit_log": "b1e188c58b8b757f",
}
GOLDEN_SMALL = "691c9730c9795025"
"""Of the digests of all tables at scale 20,000."""


def digest(table: Table) -> str:
    """sha256 of the table's COPY stream, its first 16 digits."""
    encoder = Encoder(table.schema)
    found = hashlib.sha256(encoder.header())
    for chunk in range(table.chunks):
        found.update(encoder.rows(table.build(chunk)))
    return found.hexdigest()[:16]


@pytest.mark.parametrize("table", tables(DATASET, 2_000, 1, "default"), ids=lambda table: table.name)
def test_rows_are_the_same_bytes_everywhere(table: Table) -> None:
    assert digest(table) == GOLDEN[table.name]


@pytest.mark.slow
def test_the_small_dataset_is_the_same_bytes_everywhere() -> None:
    whole = hashlib.sha256("".join(digest(table) for table in tables(DATASET, 20_000, 1, "default")).encode())
    assert whole.hexdigest()[:16] == GOLDEN_SMALL
