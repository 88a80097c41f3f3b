"""Where to connect."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import pytest

from bench.postgres.connection import Connection, Target
from bench.postgres.servers import ServerHandle


def test_a_password_is_not_shown() -> None:
    assert "hidden" not in repr(Target("host=h password=hidden"))


@pytest.fixture
def connection(server: ServerHandle) -> Generator[Connection]:
    with Target(server.dsn).connect() as opened:
        yield opened


def stopped_in_the_driver(steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """The steps of a statement up to where it was sent, and Ctrl-C there: in the driver's own code."""
    yield next(steps)
    raise KeyboardInterrupt


@pytest.mark.parametrize("statement", ["SELECT pg_sleep(60)", "COPY (SELECT 1) TO STDOUT"])
def test_a_connection_is_of_use_after_ctrl_c_wherever_it_came(connection: Connection, statement: str) -> None:
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        connection.wait(stopped_in_the_driver(connection.cursor()._execute_gen(statement)))
    assert time.monotonic() - begin < 30
    if statement.startswith("SELECT"):
        assert connection.execute("SELECT 7").fetchone() == (7,)
    else:
        assert connection.closed
