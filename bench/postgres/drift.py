"""Whether databases are still what the files that made them say."""

from __future__ import annotations

from bench.model import STATES
from bench.postgres import databases, ledger, optimizations
from bench.postgres.connection import Connection, Target
from bench.postgres.schema_loader import load_schema
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle
from bench.progress import silent
from bench.workload import Workload
from bench.workload.psql import texts


def drift_of(workload: Workload, server: ServerHandle) -> dict[str, list[str]]:
    """Compare every database of this workload on ``server`` with the files; return the differences by database.

    Looks into finished templates and the databases of ``--keep``; where there is none, makes an empty one from the
    files first. A state after that is only cached is as the files were when it was made, by its key.
    """
    target = Target(server.dsn, SESSION_SETTINGS, server.login)
    schema = [("schema.sql", ledger.checksum(texts(workload.schema)))]
    blocks = [(block.name, optimizations.block_checksum(block)) for block in workload.optimizations]
    findings = {}
    with target.connect() as admin:
        databases.clean(admin)
        ours = [
            d for d in databases.own_databases(admin)
            if d.complete and d.about.get("workload") == workload.name and d.kind in ("template", *STATES)
            and databases.OPTIMIZED_FROM not in d.about
        ]  # fmt: skip
        for found in ours:
            with target.connect(found.name) as connection:
                findings[found.name] = ledger.drift(connection, schema + (blocks if found.kind == "after" else []))
        if not any(found.kind == "after" for found in ours):
            findings["a new database made from the files"] = _verify_new(workload, target, admin, schema + blocks)
    return findings


def _verify_new(workload: Workload, target: Target, admin: Connection, expected: list[tuple[str, str]]) -> list[str]:
    name = f"{databases.PREFIX}verify_{workload.content_hash()[:12]}"
    databases.claim(admin, name)
    databases.create(admin, name, "scratch")
    try:
        load_schema(target, name, workload.schema)
        with target.connect(name) as connection:
            ledger.create(connection)
            ledger.record_applied(connection, expected[0][0], "schema", expected[0][1], 0.0)
            ledger.refresh_index_catalog(connection)
            optimizations.apply_all(connection, workload.optimizations, silent)
            return ledger.drift(connection, expected)
    finally:
        databases.drop_all(target, [name])
