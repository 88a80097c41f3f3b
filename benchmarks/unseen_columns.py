"""What kinds the columns of schemas get that nobody looked at, for a person to judge, and what that comes to.

    python benchmarks/unseen_columns.py FOLDER                  # name, type and kind of each different column
    python benchmarks/unseen_columns.py FOLDER --judged FILE    # columns that fit, of those with a telling name

FOLDER holds schemas as files or folders of migrations, one in each of its folders. FILE has a line for each column that
does not fit (``table.column<TAB>unfit``) or tells nothing (``table.column<TAB>silent``). Keys, references, created_at,
updated_at and columns whose values a CHECK or an enum lists do not count; a name and type counts once.

docs/evidence/unseen_columns.json has the rounds that were judged at first sight.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.errors import PgproofError
from bench.inference.kinds import propose, references
from bench.inference.limits import limits_of
from bench.inference.rows.catalog import read_catalog
from bench.model.schema import Schema
from bench.postgres import databases
from bench.postgres.connection import Target
from bench.postgres.schema_loader import load_schema
from bench.postgres.servers import SESSION_SETTINGS, ServerOptions, open_server
from bench.schema import read_schema

NAME = "pgproof_unseen_columns"
LEFT_OUT = ("created_at", "updated_at")


def catalogs(target: Target, folder: Path) -> Iterator[Schema]:
    """Each schema of the folder that loads."""
    for source in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = sorted(source.rglob("*.sql"))
        with target.connect() as admin:
            if databases.find(admin, NAME):
                databases.drop(admin, NAME)
            databases.create(admin, NAME, "scratch")
        try:
            load_schema(target, NAME, read_schema(files[0] if len(files) == 1 else files[0].parent).steps)
        except (PgproofError, IndexError) as error:
            print(f"# {source.name}: {error}")
            continue
        with target.connect_as_ourselves(NAME) as connection:
            yield read_catalog(connection)


def columns(schema: Schema) -> Iterator[tuple[str, str, str, str]]:
    """Table, column, type and kind of what counts."""
    found = {(table, name) for table, key in references(schema) for name in key.columns}
    for table in schema.tables:
        keys = [key.columns for key in table.foreign_keys]
        taken = {name for key in keys for name in key} | set(table.primary_key.keys if table.primary_key else ())
        for plan in propose(schema, table, limits_of(table, [], schema.functions)[0]):
            counts = plan.name not in taken and (table.name, plan.name) not in found and plan.name not in LEFT_OUT
            if counts and "lists" not in plan.reason and not table.partition_of and not table.rows:
                yield table.table, plan.name, table.column(plan.name).type.plain.name, plan.kind


def main() -> None:
    """Print the columns, or how many of them fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--judged", type=Path)
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="pgproof-unseen-"))
    home.chmod(0o755)
    different: dict[tuple[str, str], tuple[str, str]] = {}
    with open_server("embedded", ServerOptions(home=home / "home")) as server:
        target = Target(server.dsn, SESSION_SETTINGS, server.login)
        for schema in catalogs(target, asked.folder):
            for table, name, type_, kind in columns(schema):
                different.setdefault((name, type_), (f"{table}.{name}", kind))
    if asked.judged is None:
        for (_, type_), (place, kind) in sorted(different.items(), key=lambda entry: entry[1][1]):
            print(f"{kind}\t{place}\t{type_}")
        return
    said = dict(line.split("\t") for line in asked.judged.read_text().splitlines())
    verdicts = [said.get(place, "fits") for place, _ in different.values()]
    telling = len(verdicts) - verdicts.count("silent")
    print(f"{telling - verdicts.count('unfit')} of {telling} columns with telling names get a fitting kind")


if __name__ == "__main__":
    main()
