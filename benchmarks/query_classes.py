"""Queries for schemas of real applications: how many can be prepared, and how many of their classes return rows.

    python benchmarks/query_classes.py FOLDER... [--rows 50000] [--write --said "what else was at work"]

Each FOLDER holds ``schema`` (a file or a folder of migrations, any name that begins so) and, where it has queries,
``queries`` (bare SQL). It is filled by inference, once; where it has no queries, probes are tried. A folder gives one
line: statements, those prepared, classes, those that should return rows and do, seconds; then the reasons of refusal.
``--write`` keeps the sums and the line of each: docs/evidence/query_classes.json.
"""

from __future__ import annotations

import argparse
import os
import re
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import evidence
import psycopg

from bench.dataset.holdback import build, hold_back
from bench.dataset.inferred import load_world, ready
from bench.errors import PgproofError
from bench.inference.kinds import references
from bench.inference.queries import BareQuery, infer, probes, read_bare, surroundings
from bench.inference.rows.catalog import read_catalog
from bench.inference.rows.inferring import infer_rows
from bench.postgres import databases
from bench.postgres.connection import Target
from bench.postgres.schema_loader import load_schema
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle, ServerOptions, open_server
from bench.progress import silent
from bench.schema import read_schema

DATABASE = "pgproof_query_classes"
HOME = Path(os.environ["PGPROOF_HOME"]) if "PGPROOF_HOME" in os.environ else None
CLOCK = "2026-06-15T12:00:00+00:00"


@dataclass(slots=True)
class Tried:
    """What came of one folder."""

    name: str
    statements: int = 0
    prepared: int = 0
    classes: int = 0
    full: int = 0
    """Classes that should return rows: all but those called empty."""
    met: int = 0
    seconds: float = 0.0
    reasons: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    """Classes that should return rows and do not."""


def try_folder(server: ServerHandle, folder: Path, rows: int) -> Tried:
    """Load, fill, describe and try one application."""
    source = next(path for path in sorted(folder.iterdir()) if path.name.startswith("schema"))
    queries = folder / "queries"
    found = Tried(folder.name + ("" if queries.exists() else " (probes)"))
    target = Target(server.dsn, SESSION_SETTINGS, server.login)
    with target.connect() as admin:
        if any(one.name == DATABASE for one in databases.own_databases(admin)):
            databases.drop(admin, DATABASE)
        databases.create(admin, DATABASE, "template")
    read = read_schema(source)
    load_schema(target, DATABASE, read.steps, ordered=read.ordered)
    with target.connect(DATABASE) as connection:
        schema = read_catalog(connection)
    world = ready(target, DATABASE, schema, infer_rows(schema, rows, clock=CLOCK))
    with target.connect(DATABASE) as connection:
        held = hold_back(connection)
        sizes = {name: one.rows for name, one in load_world(target, DATABASE, world, 1, silent)[0].items()}
        build(target, DATABASE, held, {}, 1, silent)
        connection.execute("VACUUM ANALYZE")
    with target.connect(DATABASE) as connection:
        extra = references(schema)
        around = surroundings(connection, schema, clock=CLOCK, found=extra)
        bare = read_bare(queries) if queries.exists() else probes(schema, sizes, extra)
        begin = time.monotonic()
        _count(found, around, bare)
        found.seconds = time.monotonic() - begin
    return found


def _count(found: Tried, around: object, bare: list[BareQuery]) -> None:
    found.statements = len(bare)
    try:
        inferred = infer(around, bare)  # type: ignore[arg-type]
    except PgproofError as error:
        found.reasons.append(error.message)
        return
    found.reasons += inferred.refused
    found.prepared = len(inferred.queries)
    for query in inferred.queries:
        for name, seen in inferred.seen[query.name].items():
            found.classes += 1
            if name != "empty":
                found.full += 1
                found.met += bool(seen.rows) or seen.timed_out
                if not seen.rows and not seen.timed_out:
                    found.silent.append(f"{query.name}.{name} {seen.error}")


def main() -> None:
    """Try all folders; print one line each, what was refused, and the sum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--write", action="store_true", help="keep what it comes to for the documents")
    parser.add_argument("--said", default="nothing else at work", help="of the machine, in the evidence")
    asked = parser.parse_args()
    found: list[Tried] = []
    with open_server("embedded", ServerOptions(home=HOME)) as server:
        for folder in asked.folders:
            try:
                found.append(try_folder(server, folder, asked.rows))
            except (PgproofError, psycopg.Error) as error:
                print(f"{folder.name:32.32} not loaded or filled: {error}", flush=True)
                continue
            _print(found[-1])
    total = _sum(found)
    _print(total)
    reasons = Counter(re.sub(r"^\S+:\d+: |\"[^\"]*\"|\d+", "", reason) for one in found for reason in one.reasons)
    for reason, count in reasons.most_common():
        print(f"{count:5} {reason}")
    if asked.write:
        kept = [asdict(replace(one, seconds=round(one.seconds, 1), reasons=[], silent=[])) for one in found]
        figures = {"said": asked.said, "rows": asked.rows, "applications": len(found), "all": _figures(total)}
        evidence.keep("query_classes", {**figures, "each": kept}, "python benchmarks/query_classes.py FOLDER...")


def _sum(found: list[Tried]) -> Tried:
    total = Tried("all")
    for name in ("statements", "prepared", "classes", "full", "met", "seconds"):
        setattr(total, name, sum(getattr(one, name) for one in found))
    return total


def _figures(total: Tried) -> dict[str, float]:
    return {
        "statements": total.statements, "prepared": total.prepared, "full": total.full, "met": total.met,
        "prepared_share": round(total.prepared / total.statements, 4) if total.statements else 0.0,
        "share": round(total.met / total.full, 4) if total.full else 0.0,
    }  # fmt: skip


def _print(one: Tried) -> None:
    share = f"{one.met / one.full:6.1%}" if one.full else "     -"
    print(
        f"{one.name:32.32} statements {one.statements:4} prepared {one.prepared:4} classes {one.classes:5}"
        f" should return {one.full:5} do {one.met:5} {share} {one.seconds:6.1f} s",
        flush=True,
    )
    for line in (*one.reasons, *one.silent) if "-v" in os.environ.get("SHOW", "") else ():
        print(f"      {line}")


if __name__ == "__main__":
    main()
