"""One filled shop for all cases, and the plans that its server makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import psycopg
import pytest

from bench.advice.candidates import Proposals, SeenClass, SeenQuery, candidates
from bench.inference.rows.catalog import read_catalog
from bench.model import Parameter, Query
from bench.model.facts import Facts
from bench.model.schema import Schema
from bench.plans import from_explain
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.facts import read_facts
from bench.workload.sqlfile import numbered
from tests.advice.shop import ROWS, TABLES

NAME = "pgproof_advice"


@pytest.fixture(scope="module")
def shop(target: Target) -> Iterator[Connection]:
    """A database with rows in it, and no index but those of keys."""
    with target.connect() as admin:
        databases.create(admin, NAME, "scratch")
        with target.connect_as_ourselves(NAME) as connection:
            connection.execute(TABLES)
            connection.execute(ROWS)
            connection.execute("VACUUM ANALYZE")
            yield connection
        databases.drop(admin, NAME)


@pytest.fixture(scope="module")
def schema(shop: Connection) -> Schema:
    """Of the shop."""
    return read_catalog(shop)


@pytest.fixture(scope="module")
def facts(shop: Connection) -> Facts:
    """Of the shop."""
    return read_facts(shop)


def query(name: str, sql: str, types: Mapping[str, str]) -> Query:
    """A query of a workload with these parameters."""
    parameters = tuple(Parameter(one, type_, "class") for one, type_ in types.items())
    return Query(name, name, "", (), parameters, (), {}, (), False, "", sql, 1, f"{name}.sql")


def seen(connection: Connection, name: str, sql: str, *arguments: Mapping[str, object]) -> SeenQuery:
    """A statement executed with each of these bindings; their types are those of the values."""
    types = {
        one: {int: "bigint", bool: "boolean"}.get(type(value), "text") for one, value in (arguments or ({},))[0].items()
    }
    text, names = numbered(sql, types)
    classes = {}
    for number, values in enumerate(arguments or ({},)):
        with connection.transaction(force_rollback=True):
            document = psycopg.RawCursor(connection).execute(
                "EXPLAIN (ANALYZE, VERBOSE, BUFFERS, FORMAT JSON) " + text, [values[one] for one in names]
            )
            plan = from_explain(document.fetchall()[0][0])
        classes[f"class {number}"] = SeenClass(plan, {one: str(value) for one, value in values.items()})
    return SeenQuery(query(name, sql, types), classes)


def ddl(found: Proposals) -> set[str]:
    """The indexes that are proposed, without the words that all have in common."""
    return {one.ddl.partition(" ON shop.")[2] for one in found.candidates if one.kind == "index"}


Ask = Callable[..., Proposals]


@pytest.fixture
def ask(shop: Connection, schema: Schema, facts: Facts) -> Ask:
    """What is proposed for one statement of the shop."""

    def asked(sql: str, *arguments: Mapping[str, object]) -> Proposals:
        return candidates(schema, [seen(shop, "asked", sql, *arguments)], facts)

    return asked
