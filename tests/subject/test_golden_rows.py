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
    "crm.organizations": "27206af8a4a63127",
    "crm.users": "f2369d44f915af64",
    "crm.leads": "f2f0f5819535279b",
    "crm.campaigns": "1b7f22c7e1b17f66",
    "crm.communications": "19a57db3a7dcec77",
    "crm.campaign_members": "97d31f3eca8e42fd",
    "crm.automations": "adcddd3b9e7642ef",
    "crm.automation_runs": "d7f139fce7b55763",
    "crm.automation_run_steps": "3870e085ea0d901f",
    "crm.scoring_rules": "66fd0eb8fc8ea9d9",
    "crm.lead_score_history": "92d04077e9999653",
    "crm.lead_assignments": "6440c02aa71fe552",
    "crm.activity_log": "6f1aca6c97c0294a",
    "crm.audit_log": "f80cfd2df175a227",
}
GOLDEN_SMALL = "3edceb06f83239d9"
"""Of the digests of all tables at scale 20,000."""


def digest(table: Table) -> str:
    """sha256 of the table's COPY stream, its first 16 digits."""
    encoder = Encoder(table.schema)
    found = hashlib.sha256(encoder.header())
    for chunk in range(table.chunks):
        found.update(encoder.rows(table.build(chunk)))
    found.update(encoder.trailer())  # a small table is in the encoder's buffer until here
    return found.hexdigest()[:16]


@pytest.mark.parametrize("table", tables(DATASET, 2_000, 1, "default"), ids=lambda table: table.name)
def test_rows_are_the_same_bytes_everywhere(table: Table) -> None:
    assert digest(table) == GOLDEN[table.name]


@pytest.mark.slow
def test_the_small_dataset_is_the_same_bytes_everywhere() -> None:
    whole = hashlib.sha256("".join(digest(table) for table in tables(DATASET, 20_000, 1, "default")).encode())
    assert whole.hexdigest()[:16] == GOLDEN_SMALL
