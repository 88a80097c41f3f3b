"""What was accepted, for the tests to compare with."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.golden.snapshots import Files


@pytest.fixture
def accepted(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """What was accepted: ``assert content == accepted(name="load/load.md")``."""
    return snapshot.use_extension(Files)
