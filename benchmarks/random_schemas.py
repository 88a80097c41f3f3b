"""Fill schemas of chance: are all constraints valid, and is a second filling the same?

    python benchmarks/random_schemas.py [--first 0] [--count 1000] [--rows 200] [--write [--resume]]

The schemas are those of tests/inference/rows/random_schemas.py, by seed, made of what schema_features.py beside it
lists: keys (several columns, NULLS NOT DISTINCT, partial, on expressions, of foreign keys alone, WITHOUT OVERLAPS),
foreign keys (composite, overlapping, self, cyclic, NOT NULL, deferrable, MATCH FULL, PERIOD, to unique keys, of other
types), CHECKs, exclusion, domains, enums, arrays, ranges, multiranges, composites, types of five extensions, generated
and identity columns, partitions, inheritance, typed tables, triggers, rules, row-level security, rows that are there
before. Each is filled twice. What fails is printed with its seed; ``--write`` keeps what was found, ``--resume`` goes
on behind what was kept.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

import evidence

from bench.errors import PgproofError
from bench.postgres import databases
from bench.postgres.connection import Target
from bench.postgres.servers import SESSION_SETTINGS, ServerOptions, open_server
from tests.inference.rows.random_schemas import Chance, make
from tests.inference.rows.test_rows import broken, database, fill


def wrong_with(target: Target, chance: Chance, rows: int) -> str:
    """What is wrong with the rows of a schema, nothing where all is well."""
    contents = []
    for turn in range(2):
        with target.connect() as admin:
            for found in databases.own_databases(admin):
                databases.drop(admin, found.name)
        with database(target, f"pgproof_chance_{turn}", chance.text, chance.extensions) as connection:
            plan, filled = fill(target, connection, rows)
            if left_out := {one.name: one.left_out for one in plan.tables if one.left_out}:
                return f"left out: {left_out}"
            if found := broken(connection):
                return f"broken: {found}"
            contents.append(filled)
    return "" if contents[0] == contents[1] else "two fillings differ"


def main() -> None:
    """Print each failure, and how many there were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--write", action="store_true", help="keep what was found for the documents")
    parser.add_argument("--resume", action="store_true", help="go on behind what was kept for as many rows")
    asked = parser.parse_args()
    done, failures = kept(asked.first, asked.rows) if asked.resume else (0, {})
    features = Counter[str]()
    with (
        tempfile.TemporaryDirectory(prefix="pgproof-chance-") as home,
        open_server("embedded", ServerOptions(home=passable(Path(home)))) as server,
    ):
        target = Target(server.dsn, SESSION_SETTINGS, server.login)
        for seed in range(asked.first, asked.first + asked.count):
            chance = make(Random(seed))
            features.update(chance.features)
            if seed < asked.first + done:
                continue
            try:
                wrong = wrong_with(target, chance, asked.rows)
            except (PgproofError, ArithmeticError, LookupError, ValueError) as error:
                wrong = f"{type(error).__name__}: {error}"
            if wrong:
                failures[seed] = wrong
                print(f"seed {seed}: {wrong}", flush=True)
            if asked.write and (seed + 1) % 25 == 0:
                write(asked.first, seed + 1 - asked.first, asked.rows, failures, features)
    print(f"{asked.count} schemas, {len(features)} features, {len(failures)} failures")


def passable(home: Path) -> Path:
    """The folder of a server whose account has to get there."""
    home.chmod(0o755)
    return home / "home"


def kept(first: int, rows: int) -> tuple[int, dict[int, str]]:
    """How many schemas were tried by what was kept, and what was wrong with them by seed; of other rows, none."""
    found = json.loads((evidence.FOLDER / "random_schemas.json").read_text(encoding="utf-8"))
    if (found["first"], found["rows"]) != (first, rows):
        return 0, {}
    return found["count"], {int(seed): wrong for seed, wrong in found["failures"].items()}


def write(
    first: int, count: int, rows: int, failures: dict[int, str], features: Counter[str]
) -> None:  # fmt: skip
    """Keep what was found."""
    failed = {str(seed): wrong for seed, wrong in failures.items()}
    command = f"python benchmarks/random_schemas.py --first {first} --count {count} --rows {rows} --write"
    evidence.keep("random_schemas", {
        "first": first, "count": count, "rows": rows, "failures": failed, "failed": len(failures),
        "features": dict(sorted(features.items())), "kinds": len(features),
    }, command)  # fmt: skip


if __name__ == "__main__":
    main()
