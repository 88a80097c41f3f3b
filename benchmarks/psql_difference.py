"""Whether a schema that pgproof loads is what psql makes of it: pg_dump --schema-only of both, compared.

    python benchmarks/psql_difference.py FILE_OR_FOLDER...

psql loads as a superuser and stops at the first error; where it does, it tries once more with the roles there that
pgproof made. Who owns what is compared too: the superuser's name stands for the workload's role.
"""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from bench.errors import PgproofError
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.schema_loader import LoadedSchema, load_schema
from bench.postgres.schema_roles import drop_unused
from bench.postgres.servers import SESSION_SETTINGS, ServerHandle, ServerOptions, open_server
from bench.schema import SchemaSource, read_schema

OURS, PSQLS = "pgproof_difference_ours", "pgproof_difference_psql"
TIMEOUT_S = 300
HOME = Path(os.environ["PGPROOF_HOME"]) if "PGPROOF_HOME" in os.environ else None


@dataclass(frozen=True, slots=True)
class Difference:
    """What came of one schema."""

    outcome: str
    """same, different; refused, failed (pgproof does not load it); psql fails, no own database (it loads, and there is
    nothing to compare it with)."""
    strict: bool = False
    """Whether psql loads it on a server without the roles that it names."""
    reason: str = ""
    lines: tuple[str, ...] = ()
    """Of a difference: a unified diff, psql's side first."""
    loaded: LoadedSchema | None = None


def difference(server: ServerHandle, source: Path, encoding: str = "") -> Difference:
    """Load ``source`` both ways on a server of pgproof's own, which nobody else uses meanwhile."""
    target = Target(server.dsn, SESSION_SETTINGS, server.login)
    try:
        schema = read_schema(source, encoding)
    except PgproofError as error:
        return Difference("refused", reason=error.message)
    own = any("pgproof makes" in note for note in schema.notes)
    with target.connect() as admin:
        strict = False
        try:
            theirs, failure = ([], "") if own else _of_psql(server, admin, source, schema)
            strict = not failure and not own
            databases.create(admin, OURS, "scratch")
            loaded = load_schema(target, OURS, schema.steps, ordered=schema.ordered)
            if own:
                return Difference("no own database", reason="psql would make and enter another", loaded=loaded)
            ours = _dumped(server, OURS)
            if failure and loaded.roles:
                theirs, failure = _of_psql(server, admin, source, schema)
            if failure:
                return Difference("psql fails", reason=failure, loaded=loaded)
            lines = tuple(difflib.unified_diff(theirs, ours, "psql", "pgproof", lineterm="", n=1))
            return Difference("different" if lines else "same", strict, lines=lines, loaded=loaded)
        except PgproofError as error:
            return Difference("failed", strict, reason=error.message)
        finally:
            databases.drop_all(target, [OURS, PSQLS])
            drop_unused(admin)


def _of_psql(server: ServerHandle, admin: Connection, source: Path, schema: SchemaSource) -> tuple[list[str], str]:
    """The dump of what psql makes, or its first complaint."""
    databases.create(admin, PSQLS, "scratch")
    before = set(_roles(admin))
    try:
        if source.is_file() and source.suffix != ".dump":
            failure = _psql(server, source)
        else:
            with NamedTemporaryFile("w", suffix=".sql") as script:
                script.write(schema.text)
                script.flush()
                failure = _psql(server, Path(script.name))
        return ([], failure) if failure else (_dumped(server, PSQLS), "")
    finally:
        databases.drop(admin, PSQLS)
        for name in set(_roles(admin)) - before:
            admin.execute(SQL("DROP ROLE {}").format(Identifier(name)))


def _roles(admin: Connection) -> list[str]:
    return [name for (name,) in admin.execute("SELECT rolname FROM pg_roles").fetchall()]


def _psql(server: ServerHandle, script: Path) -> str:
    arguments = [
        "psql",
        "-X",
        "-q",
        "-o",
        "/dev/null",
        "-v",
        "ON_ERROR_STOP=1",
        "-f",
        str(script),
        "-d",
        _at(server, PSQLS),
    ]
    try:
        done = _run(server, arguments)
    except subprocess.TimeoutExpired:
        return f"not done after {TIMEOUT_S} s"
    wrong = [line for line in done.stderr.splitlines() if "ERROR" in line or "error:" in line or "FATAL" in line]
    return "" if done.returncode == 0 else (wrong or [done.stderr])[0].strip()


def _dumped(server: ServerHandle, database: str) -> list[str]:
    arguments = ["pg_dump", "--schema-only", "--exclude-schema=bench_meta", "-d", _at(server, database)]
    done = _run(server, arguments)
    if done.returncode:
        raise RuntimeError(done.stderr)
    owner = conninfo_to_dict(server.dsn)["user"]
    text = re.sub(rf"\b(?:{owner}|pg_database_owner)\b", "pgproof_workload", done.stdout)
    kept = [
        line
        for line in text.splitlines()
        if line.strip() and not re.match(r"\\(un)?restrict|ALTER SCHEMA public", line)
    ]
    return [line for line in kept if not line.startswith("--")]


def _run(server: ServerHandle, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    assert server.bin_dir is not None
    program = str(server.bin_dir / arguments[0])
    return subprocess.run([program, *arguments[1:]], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)


def _at(server: ServerHandle, database: str) -> str:
    return make_conninfo(server.dsn, dbname=database)


def main(paths: list[str]) -> None:
    """Print a line for each path, and the beginning of each difference."""
    with open_server("embedded", ServerOptions(home=HOME)) as server:
        for path in paths:
            found = difference(server, Path(path))
            print(f"{found.outcome:16}{'strict ' if found.strict else '       '}{path} {found.reason}", flush=True)
            for line in found.lines[:20]:
                print(f"    {line}")
            for note in found.loaded.notes if found.loaded else ():
                print(f"    {note}")


if __name__ == "__main__":
    main(sys.argv[1:])
