"""A workload whose SQL reaches beyond its own databases is refused before anything of it is run, wherever it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.cli import main
from bench.errors import WorkloadError
from bench.workload import read
from tests.builders.cluster_sql import SELECTS, STATEMENTS

HEAD = "-- title: T\n-- asks: A?\n"
INJECTION = "-- injection: I\n-- kind: database\n-- caught-by: unknown\n-- why: w\n"
BLOCK = "\n-- optimization: late\n-- category: setting\n-- why: w\n"


Place = tuple[str, str]
"""A file of the example, and what comes before a statement at its end."""


def put(shop: Path, place: Place, sql: str) -> str:
    """Put the statement there, and return where it stands."""
    file, before = place
    path = shop / file
    path.parent.mkdir(exist_ok=True)
    text = (path.read_text() if path.exists() else "") + before
    path.write_text(f"{text}{sql};\n")
    return f"{file}:{text.count(chr(10)) + 1}:"


ANYWHERE = {
    "schema": ("schema.sql", ";\n"),
    "query": ("queries/bad.sql", HEAD),
    "rewrite": ("queries/bad.sql", f"{HEAD}SELECT 1\n-- rewrite: late\n"),
    "write": ("writes/bad.sql", HEAD),
    "optimization": ("optimizations.sql", BLOCK),
    "undo": ("optimizations.sql", f"{BLOCK}-- undo: "),
    "upkeep": ("optimizations.sql", f"{BLOCK}-- upkeep: "),
    "rows": ("dataset/fill.sql", ";\n"),
    "classes": ("dataset/classes.sql", ";\n"),
    "fresh tenant": ("dataset/fresh_tenant.sql", ";\n"),
    "check": ("dataset/checks.sql", "\n-- check: bad\n"),
    "distribution": ("dataset/distributions.sql", "\n-- distribution: d\n-- across: a\n-- counts: c\n"),
    "churn": ("churn.sql", "UPDATE orders SET status = status WHERE random() < :share;\n"),
    "injection": ("injections/bad.sql", INJECTION),
}
ASKED = {
    "source": ("queries/bad.sql", f"{HEAD}-- param n text: "),
    "class of a query": ("queries/bad.sql", f"{HEAD}-- class worst: "),
    "invariant": ("queries/bad.sql", f"{HEAD}-- invariant sum: "),
    "staleness": ("optimizations.sql", f"{BLOCK}-- staleness: "),
}


def accepted(shop: Path, place: Place, statements: dict[str, str]) -> list[str]:
    """Names of the statements that are not refused, at the line on which ``put`` puts them, with a way out."""
    found = []
    for name, sql in statements.items():
        file = shop / place[0]
        before = file.read_text() if file.exists() else ""
        where = put(shop, place, sql)
        try:
            read(shop)
            found.append(name)
        except WorkloadError as error:
            if not (
                re.match(f"{re.escape(where)}.* is refused", error.message) and "--allow-cluster-sql" in error.hint
            ):
                found.append(f"{name}: {error.message}")
        file.write_text(before)
    return found


NO_SCHEMA = [
    "alter database", "rename a database", "comment on a database", "create role", "create user", "grant on a database",
    "set role", "set session authorization", "create tablespace", "create subscription", "dblink", "postgres_fdw",
    "foreign server", "untrusted language", "language c", "strings that end elsewhere",
]  # fmt: skip
"""What a dump may say and is left out, or done without rights."""


@pytest.mark.parametrize("place", ANYWHERE.values(), ids=ANYWHERE)
def test_it_is_refused_in_every_file(shop: Path, place: Place) -> None:
    assert accepted(shop, place, STATEMENTS | SELECTS) == (NO_SCHEMA if place[0] == "schema.sql" else [])


@pytest.mark.parametrize("place", ASKED.values(), ids=ASKED)
def test_it_is_refused_in_every_header(shop: Path, place: Place) -> None:
    assert accepted(shop, place, SELECTS) == []


def test_the_clock_is_no_place_for_sql(shop: Path) -> None:
    (shop / "pgproof.toml").write_text('clock = "\'; ALTER SYSTEM RESET ALL; --"')
    with pytest.raises(WorkloadError, match=r"pgproof\.toml: clock"):
        read(shop)


def test_who_trusts_a_workload_says_so(shop: Path) -> None:
    put(shop, ANYWHERE["schema"], "CHECKPOINT")
    assert read(shop, cluster_sql=True).schema[-1].sql == "CHECKPOINT"


def test_files_that_are_no_part_of_the_workload_are_not_looked_at(shop: Path) -> None:
    put(shop, ("runbook/restore.sql", ""), "DROP DATABASE other")
    assert read(shop)


SETTINGS = "settings --group a:jit=on --group b:work_mem=1MB"


@pytest.mark.parametrize(
    "command", ["run", "attribute", "gate", "scale", "load", "maintain", "traps", SETTINGS, "verify", "ship-script"]
)
def test_every_command_refuses_it_in_one_line(shop: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    where = put(shop, ANYWHERE["optimization"], "ALTER SYSTEM SET fsync = off")
    assert main([*command.split(), str(shop)]) == 2
    printed = capsys.readouterr()
    line = f"error: {where} ALTER SYSTEM is refused: it reaches beyond the database"
    assert " ".join(printed.err.split()).startswith(line)
    assert printed.out == ""
