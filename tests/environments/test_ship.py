"""The script for one database: what it lacks, and after psql ran it nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest

from bench.environments.files import Built
from bench.environments.judge import Judgement, judge
from bench.environments.record import Environment
from bench.environments.ship import Chosen, lacking, there
from bench.postgres import databases
from bench.postgres.connection import Connection, Target
from bench.postgres.definition import read_definition
from bench.postgres.servers import ServerHandle
from bench.postgres.statements import run_file
from bench.shipping import ship_script
from tests.environments.conftest import Judged, files_here
from tests.shipping.scripts import command

BLOCKS = files_here().optimizations
SHIPPED = "pgproof_shipped"

Read = Callable[[], Judgement]


def names(chosen: Chosen) -> list[str]:
    return [one.name for one in chosen.optimizations]


@pytest.fixture
def shipped(admin: Connection, target: Target, everything: Built) -> Iterator[tuple[Connection, Read]]:
    """A database with the schema and the first two blocks, and how it is held against the files."""
    databases.claim(admin, SHIPPED)
    databases.create(admin, SHIPPED, "scratch")
    with target.connect(SHIPPED) as connection:
        run_file(connection, files_here().schema, "schema.sql")
        for block in BLOCKS[:2]:
            run_file(connection, block.statements, block.file)
        yield connection, lambda: judge(everything.defined, Environment("it", "18.6", 18, read_definition(connection)))


def test_a_script_brings_what_is_lacking_and_another_one_takes_it_back(
    shipped: tuple[Connection, Read], server: ServerHandle
) -> None:
    _, read = shipped
    chosen = lacking(read(), BLOCKS, ())
    assert names(chosen) == ["finer", "counts", "unused", "checked", "looked", "again", "rewritten"]
    assert chosen.about[:2] == ("For it, PostgreSQL 18.6: what it lacks.",
                                "There as in the files, and left out: filled.")  # fmt: skip
    run(ship_script("it", chosen.optimizations, about=chosen.about, remarks=chosen.remarks), server)
    found = read()
    assert {one.state for one in found.blocks} == {"shipped", "cannot be seen"}
    assert names(lacking(found, BLOCKS, ())) == ["rewritten"]  # a comment that says what to deploy
    back = there(found, BLOCKS)
    assert names(back) == ["filled", "finer", "counts", "unused", "checked", "looked", "again"]
    run(ship_script("it", back.optimizations, undo=True, about=back.about), server)
    assert {one.state for one in read().blocks} == {"missing", "cannot be seen"}


def run(script: str, server: ServerHandle) -> None:
    done = subprocess.run(command(server, SHIPPED), input=script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_no_catalog_shows_is_written_where_it_is_named(judged: Judged) -> None:
    found = judged("SELECT 1")
    assert "backfilled" not in names(lacking(found, BLOCKS, ()))
    assert "backfilled, vacuumed" in " ".join(lacking(found, BLOCKS, ()).about)
    chosen = lacking(found, BLOCKS, ("backfilled",))
    text = ship_script("it", chosen.optimizations, remarks=chosen.remarks)
    assert "-- careful: no catalog shows whether it is there: leave it out where it was carried out" in text


def test_what_is_there_otherwise_is_said_above_its_statements(judged: Judged) -> None:
    change = "DROP INDEX app.people_by_mood_2; CREATE INDEX people_by_mood_2 ON app.people (name)"
    chosen = lacking(judged(change), BLOCKS, ())
    text = ship_script("it", chosen.optimizations, remarks=chosen.remarks)
    assert "-- careful: there: CREATE INDEX people_by_mood_2 ON app.people USING btree (name)" in text
    assert text.index("-- careful: it is there otherwise") < text.index("CONCURRENTLY people_by_mood_2")
