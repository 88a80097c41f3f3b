"""Whether the totals stay right: writers of every isolation level, folds, readers, and some that are killed.

Each writer changes leads, score changes and messages of the three largest tenants in transactions of one to four
statements; one in ten is rolled back, one in a hundred ends its own session before it commits, and so does one fold in
five. A reader asks each query and its rewrite in one snapshot. Afterwards every total is counted again.

    python benchmarks/hammer.py --leads 5000 --writers 16 --seconds 60
"""

from __future__ import annotations

import argparse
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path

import psycopg
from psycopg import errors

from bench.experiments.setup import SetupOptions, prepared
from bench.model import Query
from bench.postgres import optimizations
from bench.postgres.connection import Connection, Target
from bench.postgres.servers import ServerOptions, open_server
from bench.workload import Workload, read
from bench.workload.sqlfile import fill_in

ROOT = Path(__file__).parent.parent
SCHEMAS = ("crm_totals", "crm_open")
"""Of the totals, each with its ``fold`` and ``rebuild``. What a database does not have is left out."""
REWRITES = ("crm_totals", "org_daily_rollup")
"""The blocks whose rewrites read them."""
CLOCKS = ("2026-01-01 00:00", "2026-01-01 15:37", "2025-12-02 00:00", "2025-12-02 03:10", "2025-06-01 12:00")
"""Midnight and other hours, now and a month ago, and a day of which no moves are kept."""
OFFSETS = (0, 1000, 1100, 1400, 5000)

LEAD = "organization_id = %(tenant)s AND id = %(lead)s"
MOVE = """organization_id = %(tenant)s AND id = (
    SELECT min(id) FROM crm.lead_score_history WHERE organization_id = %(tenant)s AND lead_id = %(lead)s)"""
MESSAGE = """organization_id = %(tenant)s AND id = (
    SELECT min(id) FROM crm.communications WHERE organization_id = %(tenant)s AND lead_id = %(lead)s)"""
OTHER_LEAD = f"""
INSERT INTO crm.leads (organization_id, id, first_name, last_name, source, lead_status, lead_temperature, lead_score,
    deal_value_cents, assigned_to_id, created_at, updated_at)
SELECT organization_id, %(new)s, first_name, last_name, source, lead_status, lead_temperature, lead_score,
       deal_value_cents, assigned_to_id, created_at - interval '400 days', updated_at
FROM crm.leads WHERE {LEAD}"""
OTHER_MOVE = f"""
INSERT INTO crm.lead_score_history (organization_id, id, lead_id, old_score, new_score, reason, created_at)
SELECT organization_id, %(new)s, id, lead_score, %(score)s, 'hammer',
       '2026-01-01'::timestamptz - %(hours)s * interval '1 hour'
FROM crm.leads WHERE {LEAD}"""
WRITES = (
    f"UPDATE crm.leads SET lead_score = %(score)s WHERE {LEAD}",
    f"UPDATE crm.leads SET lead_status = (enum_range(NULL::crm.lead_status))[1 + %(score)s %% 8], "
    f"deal_value_cents = nullif(%(score)s, 7) WHERE {LEAD}",
    f"UPDATE crm.leads SET lead_temperature = (enum_range(NULL::crm.lead_temperature))[1 + %(score)s %% 3], "
    f"source = (enum_range(NULL::crm.lead_source))[1 + %(score)s %% 8] WHERE {LEAD}",
    f"UPDATE crm.leads SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END WHERE {LEAD}",
    f"UPDATE crm.leads SET assigned_to_id = (SELECT min(id) FROM crm.users WHERE organization_id = %(tenant)s), "
    f"created_at = created_at - interval '1 day' WHERE {LEAD}",
    f"UPDATE crm.leads SET last_contacted_at = '2026-01-01'::timestamptz - %(hours)s * interval '1 hour' WHERE {LEAD}",
    f"UPDATE crm.communications SET scheduled_at = '2025-12-20'::timestamptz + %(hours)s * interval '1 hour', "
    f"comm_status = CASE comm_status WHEN 'scheduled' THEN 'completed'::crm.comm_status ELSE 'scheduled' END "
    f"WHERE {MESSAGE}",
    f"UPDATE crm.communications SET user_id = NULL WHERE {MESSAGE}",
    f"DELETE FROM crm.communications WHERE {MESSAGE}",
    OTHER_LEAD,
    OTHER_MOVE,
    f"UPDATE crm.lead_score_history SET new_score = %(score)s, created_at = created_at - interval '9 days' "
    f"WHERE {MOVE}",
    f"DELETE FROM crm.lead_score_history WHERE {MOVE}",
    "DELETE FROM crm.leads WHERE organization_id = %(tenant)s AND id = %(new)s",
)


class Ended(Exception):
    """A session that was ended on purpose."""


@dataclass
class Hammered:
    """What happened, counted, and what was wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def hammer(target: Target, database: str, queries: list[Query], writers: int, seconds: float) -> Hammered:
    """Let writers, two folds and a reader work for so long; then fold, count again and say what differs."""
    told, until = Hammered(), time.monotonic() + seconds
    with target.connect(database) as connection:
        largest = "SELECT organization_id FROM crm.leads GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 3"
        tenants = [int(row[0]) for row in connection.execute(largest).fetchall()]
        leads = {one: _ids(connection, one) for one in tenants}
        steps = [partial(_write, leads, random.Random(n), count(10**9 * (n + 1))) for n in range(writers)]
        schemas = there(connection)
        steps += [
            partial(_fold, schemas, random.Random(-1)),
            partial(_fold, schemas, random.Random(-2)),
            partial(_read, queries, tenants),
        ]
        workers = [threading.Thread(target=_work, args=(target, database, step, until, told)) for step in steps]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        told.wrong += different(connection, queries, tenants) + miscounted(connection)
    return told


def there(connection: Connection) -> list[str]:
    """The schemas of totals that the database has."""
    return [one for one in SCHEMAS if connection.execute("SELECT to_regnamespace(%s)", [one]).fetchall()[0][0]]


def _ids(connection: Connection, tenant: int) -> list[int]:
    found = connection.execute("SELECT id FROM crm.leads WHERE organization_id = %s ORDER BY id LIMIT 300", [tenant])
    return [int(row[0]) for row in found.fetchall()]


Step = Callable[[Connection, Hammered], None]


def _work(target: Target, database: str, step: Step, until: float, told: Hammered) -> None:
    """Repeat ``step``, with another session whenever it ended its own."""
    while time.monotonic() < until:
        with suppress(Ended), target.connect(database, autocommit=False) as connection:
            while time.monotonic() < until:
                try:
                    step(connection, told)
                except errors.SerializationFailure:
                    told.counts["serialization failures"] += 1
                    connection.rollback()
                except psycopg.Error as error:
                    told.wrong.append(f"{type(error).__name__}: {error}".strip())
                    raise Ended from error


def _write(
    leads: dict[int, list[int]], chance: random.Random, ids: Iterator[int], connection: Connection, told: Hammered
) -> None:
    """One transaction. It takes leads in the order of their ids, so that writers by themselves do not deadlock."""
    connection.isolation_level = chance.choice(list(psycopg.IsolationLevel))
    tenant = chance.choice(list(leads))
    for lead in sorted(chance.sample(leads[tenant], chance.randint(1, 4))):
        new = next(ids)
        values = {
            "tenant": tenant,
            "lead": lead,
            "new": new,
            "score": chance.randint(0, 100),
            "hours": chance.randint(0, 1500),
        }
        sql = chance.choice(WRITES)
        if sql == WRITES[-1]:
            connection.execute(OTHER_LEAD.encode(), values)
        connection.execute(sql.encode(), values)
        told.counts["writes"] += 1
    _end(connection, chance, told, "writers", rolled_back=0.1, killed=0.01)


def _fold(schemas: list[str], chance: random.Random, connection: Connection, told: Hammered) -> None:
    """Fold, and wait a little; at a level that a caller may have set."""
    connection.isolation_level = chance.choice(list(psycopg.IsolationLevel))
    fold = f"SELECT {chance.choice(schemas)}.fold()"
    told.counts["folded"] += int(connection.execute(fold.encode()).fetchall()[0][0])
    _end(connection, chance, told, "folds", rolled_back=0.1, killed=0.2)
    time.sleep(0.1)


def _end(
    connection: Connection, chance: random.Random, told: Hammered, who: str, *, rolled_back: float, killed: float
) -> None:
    if chance.random() < killed:
        told.counts[f"{who} killed"] += 1
        with suppress(psycopg.OperationalError):
            connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        raise Ended
    if chance.random() < rolled_back:
        connection.rollback()
    else:
        connection.commit()
        told.counts[who] += 1


def _read(queries: list[Query], tenants: list[int], connection: Connection, told: Hammered) -> None:
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    told.wrong += different(connection, queries, tenants)
    told.counts["read"] += len(tenants)
    connection.rollback()


def alike(connection: Connection, query: Query, values: Mapping[str, str]) -> bool:
    """Whether the rewrite of ``query`` answers what it answers itself, for values written as SQL."""
    plain, rewrite = (
        connection.execute(fill_in(sql, values, query.file).encode()).fetchall()
        for sql in (query.sql, query.text("after"))
    )
    return plain == rewrite


def different(connection: Connection, queries: list[Query], tenants: list[int]) -> list[str]:
    """Ask each query and its rewrite for each of the tenants at each clock and offset; name those that differ."""
    wrong = []
    for query in queries:
        names = {one.name for one in query.parameters}
        cases = [("now", f"'{at}+00'::timestamptz") for at in CLOCKS] if "now" in names else [("", "")]
        cases = [("page_offset", f"{at}::bigint") for at in OFFSETS] if "page_offset" in names else cases
        for tenant in tenants:
            for name, value in cases:
                values = {"organization_id": f"{tenant}::bigint"} | ({name: value} if name else {})
                if not alike(connection, query, values):
                    wrong.append(f"{query.name} of tenant {tenant} {name} {value}".strip())
    return wrong


KEPT = {
    "crm_totals.groups": "leads <> 0",
    "crm_totals.statuses": "leads <> 0",
    "crm_totals.owners": "open_leads <> 0",
    "crm_totals.days": "leads <> 0",
    "crm_totals.moves": "(moved_leads, points_up, points_down) <> (0, 0, 0)",
    "crm_totals.day_moves": "(moved_leads, points_up, points_down) <> (0, 0, 0)",
    "crm_open.hot_leads": "leads <> 0",
    "crm_open.planned": "messages <> 0",
}
"""The tables of totals, and when a row of them says anything."""


def miscounted(connection: Connection) -> list[str]:
    """Fold, count all tenants again, and name the tables in which that changed a row."""
    wrong, schemas = [], there(connection)
    for schema in schemas:
        connection.execute(f"SELECT {schema}.fold()".encode())
    kept = {table: "kept_" + table.replace(".", "_") for table in KEPT if table.split(".")[0] in schemas}
    for table in kept:
        rows = f"SELECT t::text FROM {table} AS t WHERE {KEPT[table]}"
        connection.execute(f"CREATE TEMP TABLE {kept[table]} AS {rows}".encode())
    for schema in schemas:
        connection.execute(f"SELECT {schema}.rebuild(organization_id) FROM crm.organizations".encode())
    for table in kept:
        before, changed, again = connection.execute(
            f"SELECT (SELECT count(*) FROM {kept[table]}), (SELECT count(*) FROM (SELECT t::text FROM {table} AS t"
            f" EXCEPT SELECT * FROM {kept[table]}) AS changed), (SELECT count(*) FROM {table})".encode()
        ).fetchall()[0]
        connection.execute(f"DROP TABLE {kept[table]}".encode())
        if changed or before != again:
            wrong.append(f"{table}: {before} rows, {again} counted again, {changed} of them others")
    return wrong


def rewritten(workload: Workload, blocks: Collection[str] = REWRITES) -> list[Query]:
    """The queries that are answered from the totals."""
    return [query for query in workload.queries if query.rewrite and query.rewrite.optimization in blocks]


def main() -> None:
    """Fill a database of its own, hammer it and print what happened."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=5000)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=60)
    asked = parser.parse_args()
    workload = read(ROOT)
    options = SetupOptions(workload, asked.leads, 1, "default", 2, 2**34)
    with (
        open_server("embedded", ServerOptions(progress=lambda line: None)) as server,
        prepared(options, server) as setup,
    ):
        database = setup.copy(setup.template, "hammer")
        with setup.target.connect(database) as connection:
            optimizations.apply_all(connection, workload.optimizations, options.progress)
        told = hammer(setup.target, database, rewritten(workload), asked.writers, asked.seconds)
    print(", ".join(f"{times:,} {what}" for what, times in sorted(told.counts.items())))
    print("\n".join(sorted(set(told.wrong))) or "every answer and every total is right")


if __name__ == "__main__":
    main()
