"""``pgproof schema`` and ``pgproof verify`` as a user types them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from bench.postgres.connection import Target
from bench.postgres.servers import ServerHandle
from bench.postgres.statements import run_file
from bench.workload import read
from tests import SHOP
from tests.environments.conftest import dsn_of

Pgproof = Callable[..., tuple[int, str]]


@pytest.fixture
def held(pgproof: Pgproof, server: ServerHandle) -> Pgproof:
    """Run a command that builds the files' state on the session's server, which spares it a start of its own."""

    def call(command: str, *arguments: str | Path) -> tuple[int, str]:
        option = "--dsn" if command == "schema" else "--server-dsn"
        return pgproof(command, *arguments, option, server.dsn)

    return call


@pytest.fixture(scope="module")
def staging(server: ServerHandle, target: Target) -> Iterator[str]:
    """A database with the shop's schema and one of its optimizations, and a second one with the whole."""
    shop = read(SHOP)
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        for name, blocks in (("staging", shop.optimizations[:1]), ("production", shop.optimizations)):
            admin.execute(f"CREATE DATABASE {name}")
            with psycopg.connect(dsn_of(server, name), autocommit=True) as connection:
                run_file(connection, shop.schema, "schema.sql")
                for block in blocks:
                    run_file(connection, block.statements, block.file)
        yield dsn_of(server, "staging")
        admin.execute("DROP DATABASE staging")
        admin.execute("DROP DATABASE production")


def test_a_database_that_lacks_an_optimization_has_drifted(held: Pgproof, staging: str) -> None:
    status, printed = held("verify", SHOP, "--dsn", staging)
    assert status == 1
    assert "missing         orders_open_idx (partial): index orders_open_idx on public.orders is missing" in printed
    assert "drift: 1 of 2 optimizations not as in the files" in printed
    status, printed = held("verify", SHOP, "--dsn", staging, "--format", "json")
    assert status == 1
    assert json.loads(printed[printed.index("["):printed.rindex("]") + 1])[0]["optimizations"] == {
        "orders_customer_idx": {"state": "shipped", "category": "composite"},
        "orders_open_idx": {
            "state": "missing", "category": "partial", "said": ["index orders_open_idx on public.orders is missing"]
        },
    }  # fmt: skip


def test_the_script_for_a_database_holds_what_it_lacks(held: Pgproof, staging: str) -> None:
    status, printed = held("ship-script", SHOP, "--dsn", staging)
    assert status == 0
    assert "There as in the files, and left out: orders_customer_idx." in printed
    assert [line for line in printed.splitlines() if line.startswith("\\echo '1/")] == ["\\echo '1/1 orders_open_idx'"]


def test_two_databases_stand_side_by_side(held: Pgproof, staging: str) -> None:
    production = staging.replace("dbname=staging", "dbname=production")
    assert held("verify", SHOP, "--dsn", production)[0] == 0
    status, printed = held("verify", SHOP, "--dsn", production, "--dsn", staging, "--dsn", staging)
    assert status == 1
    head, row = [line.split("   ") for line in printed.splitlines() if "machine   " in line or "shipped   " in line]
    assert [one.strip() for one in head if one.strip()] == [
        "production on this machine", "staging on this machine", "staging on this machine #2"
    ]  # fmt: skip
    assert [one.strip() for one in row if one.strip()] == [
        "optimization orders_open_idx", "shipped", "missing", "missing"
    ]  # fmt: skip


def test_a_database_that_does_not_answer_is_an_error_of_use(held: Pgproof) -> None:
    status, printed = held("verify", SHOP, "--dsn", "host=/nowhere user=me password=s3cret dbname=x")
    assert (status, "s3cret" in printed) == (2, False)
    assert "error: cannot connect to" in printed


def test_a_schema_alone_is_held_against_a_database(held: Pgproof, staging: str, tmp_path: Path) -> None:
    file = tmp_path / "structure.sql"
    file.write_text((SHOP / "schema.sql").read_text().replace("country     text NOT NULL", "country     text"))
    status, printed = held("verify", file, "--dsn", staging)
    assert status == 1
    assert "    column public.customers.country\n      not null: yes there, (nothing) in the files\n" in printed
    assert "  extra (there, not in the files)\n    index orders_customer_idx on public.orders: CREATE INDEX" in printed


def test_the_committed_document_is_held_against_the_files(held: Pgproof, shop: Path) -> None:
    lock = shop / "schema.lock.yaml"
    assert held("schema", shop, "--output", lock)[0] == 0
    assert lock.read_text() == (SHOP / "schema.lock.yaml").read_text()
    assert held("verify", shop)[0] == 0
    text = (shop / "schema.sql").read_text()
    (shop / "schema.sql").write_text(text.replace("status      text NOT NULL", "status      text"))
    status, printed = held("verify", shop)
    assert status == 1
    assert "    column public.orders.status\n      not null: yes in schema.lock.yaml, (nothing) in the files" in printed
    assert f"mend it: pgproof schema --output {lock}" in printed
    lock.write_text("{")
    assert held("verify", shop)[0] == 2
