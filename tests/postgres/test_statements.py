"""Statements of a file, and where one failed."""

from __future__ import annotations

import pytest

from bench.errors import WorkloadError
from bench.postgres.connection import Connection
from bench.postgres.statements import run_file
from bench.workload.sqlfile import split


def test_a_failing_statement_names_file_and_line(admin: Connection) -> None:
    statements = split("SELECT 1;\n\nSELECT\n  nothing\nFROM nowhere;", "schema.sql")
    with pytest.raises(WorkloadError, match=r'schema\.sql:5: relation "nowhere" does not exist'):
        run_file(admin, statements, "schema.sql")
