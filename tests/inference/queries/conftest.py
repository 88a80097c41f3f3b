"""One filled database for all cases about queries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.inference.queries.surroundings import Surroundings, surroundings
from bench.inference.rows.catalog import read_catalog
from bench.postgres import databases
from bench.postgres.connection import Target

APP = Path(__file__).with_name("app.sql")
CLOCK = "2026-06-15T12:00:00Z"


@pytest.fixture(scope="package")
def around(target: Target) -> Iterator[Surroundings]:
    """The application of app.sql."""
    with target.connect() as connection:
        databases.create(connection, "pgproof_queries", "template")
        with target.connect("pgproof_queries") as app:
            app.execute(APP.read_text())
            yield surroundings(app, read_catalog(app), clock=CLOCK)
        databases.drop(connection, "pgproof_queries")
