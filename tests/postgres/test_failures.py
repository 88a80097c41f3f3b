"""What the driver reports, in words that name what broke."""

from __future__ import annotations

import pytest

from bench.errors import DatasetError
from bench.model import Statement
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.statements import run_statement


@pytest.mark.parametrize(
    ("insert", "message"),
    [
        ("INSERT INTO t VALUES (-1)", r"table public\.t breaks positive: Failing row contains \(-1\)"),
        ("INSERT INTO t VALUES (1), (1)", r"breaks t_pkey: Key \(n\)=\(1\) already exists"),
        ("INSERT INTO t VALUES (NULL)", r"breaks NOT NULL of n: Failing row contains \(null\)"),
    ],
)
def test_a_broken_constraint_names_table_constraint_and_row(
    admin: Connection, target: Target, insert: str, message: str
) -> None:
    databases.create(admin, "pgproof_t", "template")
    with target.connect("pgproof_t") as connection:
        connection.execute("CREATE TABLE t (n int PRIMARY KEY CONSTRAINT positive CHECK (n > 0))")
        with pytest.raises(DatasetError, match=message):
            run_statement(connection, Statement(insert, 3), "fill.sql")
