"""Fill schemas of chance: are all constraints valid, and is a second filling the same?

    python benchmarks/random_schemas.py [--first 0] [--count 1000] [--rows 300]

The schemas are those of tests/inference/rows/random_schemas.py, by seed; each is filled twice in databases of its own.
Prints what fails, with its seed.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from random import Random

from bench.errors import PgproofError
from bench.postgres import databases
from bench.postgres.connection import Target
from bench.postgres.servers import SESSION_SETTINGS, ServerOptions, open_server
from tests.inference.rows.random_schemas import make
from tests.inference.rows.test_rows import broken, database, fill


def wrong_with(target: Target, schema: str, rows: int) -> str:
    """What is wrong with the rows of ``schema``, nothing where all is well."""
    contents = []
    for turn in range(2):
        with target.connect() as admin:
            for found in databases.own_databases(admin):
                databases.drop(admin, found.name)
        with database(target, f"pgproof_chance_{turn}", schema) as connection:
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
    parser.add_argument("--rows", type=int, default=300)
    asked = parser.parse_args()
    home, failures = Path(tempfile.mkdtemp(prefix="pgproof-chance-")), 0
    home.chmod(0o755)
    with open_server("embedded", ServerOptions(home=home / "home")) as server:
        target = Target(server.dsn, SESSION_SETTINGS, server.login)
        for seed in range(asked.first, asked.first + asked.count):
            try:
                wrong = wrong_with(target, make(Random(seed)), asked.rows)
            except (PgproofError, ArithmeticError, LookupError, ValueError) as error:
                wrong = f"{type(error).__name__}: {error}"
            if wrong:
                failures += 1
                print(f"seed {seed}: {wrong}", flush=True)
    print(f"{asked.count} schemas, {failures} failures")


if __name__ == "__main__":
    main()
