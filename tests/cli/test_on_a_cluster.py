"""Every command on a Citus cluster: those for one server refuse, the others ask its nodes.

The cluster is a recorded catalog. Nobody answers where its workers stood, so a command that goes on ends at the first.
Refusals are asked of a real one, too, where PGPROOF_TEST_CITUS_DSN names its coordinator.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from bench.cli import cli, main
from bench.postgres.connection import Connection, Target
from bench.postgres.databases import own_databases
from bench.postgres.servers import ServerHandle
from tests import ROOT
from tests.experiments.test_on_a_cluster import DISTRIBUTION, DSN

CATALOG = ROOT / "tests" / "postgres" / "citus" / "catalog.sql"
NAME = "recorded_cluster"

FOR_ONE_SERVER = {
    "advise": "pgproof advise",
    "attribute": "pgproof attribute",
    "baseline": "a gate",
    "check-up": "pgproof check-up",
    "gate": "a gate",
    "maintain": "pgproof maintain",
    "run --one-copy": "pgproof run --one-copy",
    "selftest": "a gate",
    "settings": "pgproof settings",
    "traps": "pgproof traps",
}
"""Commands, and how each calls itself where it refuses a cluster."""
SPREAD = ("coverage", "dataset export", "load", "run", "scale")
"""Commands that spread the workload over the nodes."""
FILL_NOTHING = ("cache", "doctor", "init", "reproduce", "schema", "ship-script", "verify")
"""Commands that put no rows anywhere."""
ASKED = {
    "gate": ("--base", "HEAD"),
    "settings": ("--group", "a: work_mem=8MB"),
    "scale": ("--from", "1k", "--to", "2k"),
    "scale --nodes 1,2": ("--from", "1k"),
}
"""What a command insists on."""
WITHOUT_OUTPUT = ("baseline", "selftest")


@pytest.fixture(scope="module")
def recorded(server: ServerHandle) -> Iterator[str]:
    """The DSN of a database that holds what a coordinator's catalog held, its extension's entry as well."""
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {NAME}")
        dsn = make_conninfo(server.dsn, dbname=NAME)
        with psycopg.connect(dsn, autocommit=True) as inside:
            inside.execute(CATALOG.read_text())
            inside.execute("SET allow_system_table_mods = on")
            inside.execute(
                "INSERT INTO pg_extension SELECT 1, 'citus', extowner, extnamespace, false, '15.0-1'"
                " FROM pg_extension WHERE extname = 'plpgsql'"
            )
            inside.execute("ALTER TABLE pg_dist_node SET SCHEMA pg_catalog")
            inside.execute("ALTER TABLE pg_dist_local_group SET SCHEMA pg_catalog")
        yield dsn
        admin.execute(f"DROP DATABASE {NAME}")


@pytest.fixture(params=["recorded", "real"])
def coordinator(request: pytest.FixtureRequest) -> str:
    if request.param == "recorded":
        return str(request.getfixturevalue("recorded"))
    if not DSN:
        pytest.skip("PGPROOF_TEST_CITUS_DSN names no coordinator of a Citus cluster")
    return DSN


@pytest.fixture
def spread(repository: Path) -> Path:
    (repository / "distribution.sql").write_text(DISTRIBUTION)
    return repository


def ended(asked: str, spread: Path, coordinator: str, output: Path) -> int:
    """Carry the command out on the recorded cluster."""
    command, *more = asked.split()
    words = ["export", *more[1:]] if command == "dataset" else more
    size = () if command == "scale" else ("--leads", "1k")
    to = () if command in WITHOUT_OUTPUT else ("--output", str(output))
    return main([command, *words, str(spread), "--dsn", coordinator, *size, *ASKED.get(asked, ()), *to])


def test_every_command_that_reaches_a_server_is_one_of_those_here() -> None:
    commands = ((name, cli.get_command(click.Context(cli), name)) for name in cli.list_commands(click.Context(cli)))
    reaching = {name for name, command in commands if command and _takes_dsn(command)}
    assert reaching == {name.split()[0] for name in (*FOR_ONE_SERVER, *SPREAD, *FILL_NOTHING)}


def _takes_dsn(command: click.Command) -> bool:
    if isinstance(command, click.Group):
        return any(_takes_dsn(one) for one in command.commands.values())
    return any("--dsn" in option.opts for option in command.params)


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("error: "))
    return line.removeprefix("error: ")


@pytest.mark.parametrize("asked", FOR_ONE_SERVER)
def test_a_command_for_one_server_refuses_in_one_line_and_makes_nothing(
    asked: str, spread: Path, coordinator: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Target(coordinator).connect() as admin:
        before = {one.name for one in own_databases(admin)}
        assert ended(asked, spread, coordinator, tmp_path / "reports") == 2
        told = f"{FOR_ONE_SERVER[asked]} works on one server, and distribution.sql spreads this workload over a Citus"
        assert refusal(capsys) == f"{told} cluster"
        assert {one.name for one in own_databases(admin)} == before
    assert not list((tmp_path / "reports").glob("*/*"))


@pytest.mark.parametrize("asked", SPREAD)
def test_a_command_that_spreads_ends_at_a_node_that_is_away_and_makes_nothing(
    asked: str, spread: Path, recorded: str, admin: Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = own_databases(admin)
    assert ended(asked, spread, recorded, tmp_path / "reports") == 2
    assert refusal(capsys).startswith("node 127.0.0.1:9701 of the Citus cluster does not answer: ")
    assert own_databases(admin) == before


def test_more_workers_than_the_catalog_has_are_refused(
    spread: Path, recorded: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One of the two recorded is switched off."""
    assert ended("scale --nodes 1,2", spread, recorded, tmp_path / "reports") == 2
    assert refusal(capsys) == "--nodes 1,2: the cluster has 1 worker that shards go to"
