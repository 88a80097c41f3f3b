"""What the whole set costs writers: transactions a second of 16 clients, beside another set and beside none.

    python benchmarks/write_cost.py --against a5783ae [--leads 100k] [--pairs 5] [--seconds 20]    # a quiet half hour
    python benchmarks/figures_in_docs.py                                              # writes the documents

``--against`` is a file of blocks, or a revision of optimizations.sql. Two mixes: ``writes``, the statements of writes/
for rows of all tenants, each with the same chance, and ``tenant``, transactions of six statements for one lead of the
largest tenant, dated now as an application dates them. In each round the arms (none, other, own) come in turn, the next
round in the opposite order. Each has a new copy, read into memory, from which nothing is left to write; the disk is
waited for, autovacuum is on as the server has it by default, and the own set's upkeep runs on its clock. A ratio is
that of one round. Kept in docs/evidence/write_cost.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import evidence

from bench.dataset.bindings import choose_bindings
from bench.errors import WorkloadError
from bench.experiments.load.counting import window
from bench.experiments.load.run import warm_up
from bench.experiments.load.steps import Demand, drive
from bench.experiments.setup import Setup, SetupOptions, prepared
from bench.measurement.schedule import kept_up
from bench.model import Optimization
from bench.model.workload import Parameter
from bench.pgbench import Pgbench, find_pgbench
from bench.pgbench.scripts import QueryMix, Script, statement
from bench.postgres.connection import Connection, checkpoint
from bench.postgres.servers import ServerOptions, open_server
from bench.postgres.servers.settings import TIMED_SETTINGS
from bench.progress import silent
from bench.workload import read
from bench.workload.optimizations import read_optimizations
from bench.workload.queries import ROUND

ROOT = Path(__file__).parents[1]
ARMS = ("none", "other", "own")
SHARES = (("own", "other"), ("own", "none"), ("other", "none"))
WARM_UP = 4
"""Part of a leg that does not count: one in so many."""
SETTINGS = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum", "autovacuum_naptime",
            "checkpoint_timeout", "max_wal_size", "shared_buffers")  # fmt: skip
KEYS = "bench_meta.write_cost_leads"
TURN = "\\set turn :turn + 1\n"
TENANT = """\\set id 9000000000000000 + :client_id * 20000000 + :turn
\\set n random(1, :leads)
BEGIN;
SELECT id AS lead_id FROM bench_meta.write_cost_leads WHERE n = :n \\gset
INSERT INTO crm.communications (organization_id, id, lead_id, channel, direction, comm_status, subject, meta,
    completed_at, created_at)
VALUES (:tenant::bigint, :id::bigint, :lead_id::bigint, 'email', 'outbound', 'completed', 'Offer',
    jsonb_build_object('provider_message_id', :id::bigint), now(), now());
UPDATE crm.leads SET lead_score = (lead_score + 7) % 101, last_contacted_at = now(),
    updated_at = now() + :turn::bigint * interval '1 second'
WHERE organization_id = :tenant::bigint AND id = :lead_id::bigint;
INSERT INTO crm.lead_score_history (organization_id, id, lead_id, old_score, new_score, reason, created_at)
VALUES (:tenant::bigint, :id::bigint, :lead_id::bigint, 1, 8, 'An offer was sent', now());
INSERT INTO crm.activity_log (organization_id, id, lead_id, activity_type, created_at)
VALUES (:tenant::bigint, :id::bigint, :lead_id::bigint, 'email_sent', now());
INSERT INTO crm.audit_log (organization_id, id, entity_type, entity_id, action, changes, created_at)
VALUES (:tenant::bigint, :id::bigint, 'lead', :lead_id::bigint, 'update', '{"lead_score": [1, 8]}', now());
END;
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """What every leg needs."""

    setup: Setup
    pgbench: Pgbench
    sources: Mapping[str, str]
    """Arm to the database that is copied for it."""
    blocks: Mapping[str, Sequence[Optimization]]
    clients: int
    seconds: int


@contextmanager
def against(what: str) -> Iterator[tuple[Optimization, ...]]:
    """The blocks of a file, or of a revision's optimizations.sql."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "optimizations.sql"
        if Path(what).is_file():
            copy.write_bytes(Path(what).read_bytes())
        else:
            shown = subprocess.run(["git", "show", f"{what}:optimizations.sql"], cwd=ROOT, capture_output=True)
            if shown.returncode:
                raise SystemExit(f"--against {what}: no file, and {shown.stderr.decode().strip()}")
            copy.write_bytes(shown.stdout)
        yield read_optimizations(copy, Path(scratch))


def writes_mix(setup: Setup, connection: Connection, clients: int) -> QueryMix:
    """The statements of writes/, each round another one: no two clients begin with the same rows."""
    workload, variables, scripts = setup.workload, {"turn": "0"}, []
    bindings = choose_bindings(connection, workload.writes, workload.dataset / "classes.sql", workload.clock, silent)
    for number, query in enumerate(workload.writes):
        query = replace(query, parameters=(*query.parameters, Parameter(ROUND, "bigint", "0")))
        names = {one.name: f"w{number}_{one.name}" for one in query.parameters}
        args = next(iter(bindings[query.name].values()))[0].args
        variables |= {names[name]: value for name, value in args.items() if value is not None and name in names}
        turn = f"{TURN}\\set {names[ROUND]} :client_id + {clients} * :turn\n"
        scripts.append(Script(query.name, f"{turn}{statement(query, 'after', names)};\n", 1))
    return QueryMix(tuple(scripts), variables)


def tenant_mix(setup: Setup, connection: Connection, _: int) -> QueryMix:
    """One transaction of six statements, for a lead of the largest tenant."""
    largest = "SELECT organization_id, count(*) FROM crm.leads GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
    tenant, leads = connection.execute(largest).fetchall()[0]
    variables = {"turn": "0", "tenant": str(tenant), "leads": str(leads)}
    return QueryMix((Script("offer", TURN + TENANT, 1),), variables)


MIXES = {"writes": writes_mix, "tenant": tenant_mix}


def leg(stage: Stage, mix: QueryMix, arm: str, number: int) -> dict[str, Any]:
    """One arm on a new copy: transactions a second, and what went wrong."""
    setup, seconds = stage.setup, stage.seconds
    rest = max(1, seconds // WARM_UP)
    with setup.passing_copy(stage.sources[arm], f"leg{number}") as name, setup.target.connect(name) as watcher:
        if "tenant" in mix.variables:
            keys = "SELECT row_number() OVER (ORDER BY id) AS n, id FROM crm.leads WHERE organization_id = "
            watcher.execute(f"CREATE TABLE {KEYS} AS {keys}{mix.variables['tenant']}")
            watcher.execute(f"ALTER TABLE {KEYS} ADD PRIMARY KEY (n)")
            watcher.execute(f"VACUUM (FREEZE, ANALYZE) {KEYS}")
        warm_up(watcher)
        checkpoint(setup.admin)
        upkeep = stage.blocks[arm] if arm == "own" else ()
        demand, errors = Demand(stage.clients, rest + seconds), list[str]()
        try:
            with kept_up(lambda: setup.target.connect(name), upkeep, setup.workload.clock):
                driven = drive(stage.pgbench, watcher, setup.server.dsn, TIMED_SETTINGS, mix, demand, lambda _: None)
        except WorkloadError as error:  # of upkeep, raised when the leg is over
            errors.append(error.message)
        told = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        deadlocks = watcher.execute(told).fetchall()[0][0]
    entries = window(driven.entries, rest, seconds)
    done = [entry for entry in entries if entry.outcome == "done"]
    return {
        "tps": round(len(done) / seconds, 1),
        "deadlocks": deadlocks,
        "retries": sum(entry.retries for entry in driven.entries),
        "failed": sum(entry.outcome == "failed" for entry in driven.entries),
        "errors": [*errors, *driven.errors],
    }


def measured(stage: Stage, name: str, pairs: int) -> dict[str, Any]:
    """A mix in all arms, round after round."""
    with stage.setup.target.connect(stage.setup.template) as connection:
        mix = MIXES[name](stage.setup, connection, stage.clients)
    legs: dict[str, list[dict[str, Any]]] = {arm: [] for arm in ARMS}
    for number in range(pairs):
        for arm in ARMS if number % 2 == 0 else ARMS[::-1]:
            legs[arm].append(leg(stage, mix, arm, number))
            print(f"{name} {number + 1}/{pairs} {arm}: {legs[arm][-1]}", flush=True)
    found: dict[str, Any] = {}
    for arm, seen in legs.items():
        sums = {what: sum(one[what] for one in seen) for what in ("deadlocks", "retries", "failed")}
        errors = sorted({error for one in seen for error in one["errors"]})
        found[arm] = {"tps": evidence.middle([one["tps"] for one in seen], 1), **sums, "errors": errors}
    for one, other in SHARES:
        if all(seen["tps"] for seen in legs[other]):
            ratios = [a["tps"] / b["tps"] for a, b in zip(legs[one], legs[other], strict=True)]
            found[f"{one}_of_{other}"] = evidence.middle(ratios)
    return found


def table(mixes: Mapping[str, Mapping[str, Any]]) -> str:
    """Transactions a second of each arm and the ratios of the rounds: medians, with least and most."""
    heads = ("mix", *ARMS, *(f"{one} of {other}" for one, other in SHARES), "deadlocks, failed, errors of own")
    lines = [f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) - 1)]
    for name, found in mixes.items():
        cells = [f"{found[arm]['tps']['median']:,.0f}/s" for arm in ARMS]
        for one, other in SHARES:
            ratio = found[f"{one}_of_{other}"]
            cells.append(f"{ratio['median']:.2f} ({ratio['least']:.2f} to {ratio['most']:.2f})")
        own = found["own"]
        wrong = f"{own['deadlocks']}, {own['failed']}, {len(own['errors'])}"
        lines.append(f"| {' | '.join((name, *cells, wrong))} |")
    return "\n".join(lines)


@contextmanager
def autovacuum(admin: Connection) -> Iterator[dict[str, str]]:
    """Autovacuum as a server has it, for as long as the block lasts; gives the settings that writes depend on."""
    admin.execute("ALTER SYSTEM SET autovacuum = on")
    admin.execute("SELECT pg_reload_conf()")
    try:
        admin.execute("SELECT pg_sleep(0.5)")
        yield {name: str(admin.execute("SELECT current_setting(%s)", [name]).fetchall()[0][0]) for name in SETTINGS}
    finally:
        admin.execute("ALTER SYSTEM RESET autovacuum")
        admin.execute("SELECT pg_reload_conf()")


def main() -> None:
    """Measure both mixes, and keep the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", required=True, metavar="FILE|REVISION")
    parser.add_argument("--leads", default="100k")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--mix", choices=MIXES, action="append", help="only this one")
    parser.add_argument("--home", type=Path, help="where servers keep their data; pgproof's own by default")
    parser.add_argument("--no-keep", action="store_true", help="print the figures, and write no evidence")
    given = parser.parse_args()
    own = read(ROOT)
    options = SetupOptions(own, own.scale.parse(given.leads), 1, "default", 2, 20 * 2**30)
    served = open_server("embedded", ServerOptions(home=given.home))
    with served as server, against(given.against) as blocks, prepared(options, server) as setup:
        beside = replace(setup, options=replace(options, workload=replace(own, optimizations=blocks)))
        sources = {"none": setup.template, "other": setup.name("other"), "own": setup.name("own")}
        beside.after(sources["other"])
        setup.after(sources["own"])
        sets = {"none": (), "other": blocks, "own": own.optimizations}
        stage = Stage(setup, find_pgbench(server), sources, sets, given.clients, given.seconds)
        with autovacuum(setup.admin) as settings:
            mixes = {name: measured(stage, name, given.pairs) for name in given.mix or MIXES}
    found = {
        "leads": given.leads, "clients": given.clients, "seconds": given.seconds, "pairs": given.pairs,
        "against": given.against, "blocks": {arm: len(one) for arm, one in sets.items()}, "settings": settings, **mixes,
    }  # fmt: skip
    print(json.dumps(found, indent=1))
    found["table"] = table(mixes)
    if not given.no_keep:
        evidence.keep("write_cost", found)


if __name__ == "__main__":
    main()
