"""The ledger: what a database of ours says about itself, and whether the catalog agrees.

It is six tables: what was applied, what each index is for, the manifest of the rows, what bare queries were found to
be, the bindings of the queries, and which of their clauses these exercise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from bench.errors import DriftError
from bench.model import Binding, ClauseSeen, Optimization, Query
from bench.postgres.catalog import own_sql, rows
from bench.postgres.connection import Connection
from bench.storage import from_json, to_json

SCHEMA = "bench_meta"
"""Where the ledger stands, with whatever else of ours a database has to hold: counted as no part of the workload. The
name is an old one, and stays: databases made by earlier versions are still read."""


def create(connection: Connection) -> None:
    """Make the tables of the ledger where they are missing."""
    connection.execute(own_sql("create_ledger"))


def checksum(texts: Iterable[str]) -> str:
    """SHA-256 over statement texts, for the ledger."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def is_applied(connection: Connection, name: str, sum_now: str) -> bool:
    """Whether the ledger holds ``name`` with this checksum.

    Raises:
        DriftError: the ledger holds it with another one.
    """
    found = connection.execute("SELECT checksum FROM bench_meta.version_ledger WHERE name = %s", [name]).fetchone()
    if found and found[0] != sum_now:
        hint = "undo it first, give the changed text another name, or start from a new database"
        raise DriftError(
            f"{name} was applied with another text (checksum {found[0][:12]}, now {sum_now[:12]})", hint=hint
        )
    return found is not None


def record_applied(connection: Connection, name: str, kind: str, sum_now: str, duration_ms: float) -> None:
    """Enter ``name`` into the ledger."""
    connection.execute(
        "INSERT INTO bench_meta.version_ledger (name, kind, checksum, duration_ms) VALUES (%s, %s, %s, %s)",
        [name, kind, sum_now, duration_ms],
    )


def forget_applied(connection: Connection, name: str) -> None:
    """Take ``name`` and its indexes out of the ledger, after its undo."""
    connection.execute("DELETE FROM bench_meta.version_ledger WHERE name = %s", [name])
    refresh_index_catalog(connection)


def refresh_index_catalog(connection: Connection, optimization: Optimization | None = None) -> None:
    """Bring the ledger's indexes up to date; what is new belongs to ``optimization``, or to the baseline."""
    present = {row["name"]: row for row in rows(connection, "list_index_definitions")}
    known = {row[0] for row in connection.execute("SELECT name FROM bench_meta.index_catalog").fetchall()}
    for name in known - set(present):
        connection.execute("DELETE FROM bench_meta.index_catalog WHERE name = %s", [name])
    about = (
        (optimization.category, list(optimization.serves), optimization.why)
        if optimization
        else ("baseline", [], "part of schema.sql")
    )
    for name in sorted(set(present) - known):
        connection.execute(
            "INSERT INTO bench_meta.index_catalog (name, category, serves, reason, definition) "
            "VALUES (%s, %s, %s, %s, %s)",
            [name, *about, present[name]["definition"]],
        )


def write_manifest(connection: Connection, manifest: dict[str, Any]) -> None:
    """Enter the dataset's manifest, replacing an older one."""
    connection.execute("DELETE FROM bench_meta.dataset_manifest")
    connection.execute("INSERT INTO bench_meta.dataset_manifest VALUES (%s)", [json.dumps(manifest)])


def read_manifest(connection: Connection) -> dict[str, Any]:
    """The dataset's manifest, as the ledger has it."""
    found = connection.execute("SELECT manifest FROM bench_meta.dataset_manifest").fetchall()
    manifest: dict[str, Any] = found[0][0]
    return manifest


def read_bindings(connection: Connection, query: str, text_hash: str) -> dict[str, tuple[Binding, ...]] | None:
    """The bindings of ``query`` by class; None where the ledger has none, or some that were made from other texts."""
    found = connection.execute(
        "SELECT class, args, text_hash FROM bench_meta.query_params WHERE query = %s ORDER BY place", [query]
    ).fetchall()
    if not found or any(row[2] != text_hash for row in found):
        return None
    bindings: dict[str, list[Binding]] = {}
    for name, chosen, _ in found:
        bindings.setdefault(name, []).append(Binding(**chosen))
    return {name: tuple(values) for name, values in bindings.items()}


def write_bindings(
    connection: Connection, query: str, text_hash: str, bindings: dict[str, tuple[Binding, ...]]
) -> None:
    """Enter the bindings of ``query``, replacing older ones."""
    connection.execute("DELETE FROM bench_meta.query_params WHERE query = %s", [query])
    flat = [(name, binding) for name, values in bindings.items() for binding in values]
    for place, (name, binding) in enumerate(flat):
        connection.execute(
            "INSERT INTO bench_meta.query_params VALUES (%s, %s, %s, %s, %s)",
            [query, text_hash, place, name, json.dumps({"args": binding.args, "about": binding.about})],
        )


def read_described(connection: Connection, name: str, text_hash: str) -> Query | None:
    """What the bare query of that name was found to be; None where that is not known, or was found from other texts."""
    if not connection.execute("SELECT to_regclass('bench_meta.described_queries')").fetchall()[0][0]:
        return None  # made by an earlier version
    asked = "SELECT described FROM bench_meta.described_queries WHERE (query, text_hash) = (%s, %s)"
    found = connection.execute(asked, [name, text_hash]).fetchone()
    return from_json(Query, found[0], name) if found else None


def write_described(connection: Connection, query: Query, text_hash: str) -> None:
    """Enter what a bare query was found to be, replacing what is there."""
    create(connection)
    connection.execute("DELETE FROM bench_meta.described_queries WHERE query = %s", [query.name])
    connection.execute(
        "INSERT INTO bench_meta.described_queries VALUES (%s, %s, %s)",
        [query.name, text_hash, json.dumps(to_json(query))],
    )


def read_exercised(connection: Connection, query: str, text_hash: str) -> dict[str, ClauseSeen | None]:
    """What was found of the changed statements of ``query``, by their hashes; of what the server refuses nothing."""
    if not connection.execute("SELECT to_regclass('bench_meta.clauses_exercised')").fetchall()[0][0]:
        return {}  # made by an earlier version
    asked = "SELECT found FROM bench_meta.clauses_exercised WHERE (query, text_hash) = (%s, %s)"
    found = connection.execute(asked, [query, text_hash]).fetchone()
    return {key: one and from_json(ClauseSeen, one, query) for key, one in (found[0] if found else {}).items()}


def write_exercised(connection: Connection, query: str, text_hash: str, found: dict[str, ClauseSeen | None]) -> None:
    """Enter what was found of the changed statements of ``query``, replacing what is there."""
    create(connection)
    kept = json.dumps({key: one and to_json(one) for key, one in found.items()})
    connection.execute(
        "INSERT INTO bench_meta.clauses_exercised VALUES (%s, %s, %s) ON CONFLICT (query) DO UPDATE "
        "SET text_hash = excluded.text_hash, found = excluded.found",
        [query, text_hash, kept],
    )


def drift(connection: Connection, expected: Sequence[tuple[str, str]]) -> list[str]:
    """What differs between the files, the ledger and the catalog, one sentence each.

    ``expected`` lists (name, checksum) of the schema and the optimizations that this database should hold.
    """
    findings = []
    applied = dict(connection.execute("SELECT name, checksum FROM bench_meta.version_ledger").fetchall())
    for name, sum_now in expected:
        if name not in applied:
            findings.append(f"{name} is in the files but was not applied")
        elif applied[name] != sum_now:
            findings.append(f"{name} was applied with another text than the files hold now")
    findings += [f"{name} was applied but is not in the files" for name in applied if name not in dict(expected)]
    present = {row["name"]: row for row in rows(connection, "list_index_definitions")}
    catalogue = dict(connection.execute("SELECT name, definition FROM bench_meta.index_catalog").fetchall())
    findings += [f"index {name} is catalogued but gone" for name in catalogue if name not in present]
    for name, row in present.items():
        if name not in catalogue:
            findings.append(f"index {name} exists but is not catalogued")
        elif row["definition"] != catalogue[name]:
            findings.append(f"index {name} is defined as '{row['definition']}', catalogued as '{catalogue[name]}'")
        if not row["valid"]:
            findings.append(f"index {name} is invalid")
    return findings
