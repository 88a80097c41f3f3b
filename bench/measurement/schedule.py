"""Upkeep on its clock while something else is measured: what a cron job would do in production."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from bench.model import Optimization, Statement
from bench.postgres.connection import Connection
from bench.postgres.statements import run_statement
from bench.workload.sqlfile import fill_in


@contextmanager
def kept_up(connect: Callable[[], Connection], blocks: Sequence[Optimization], clock: str) -> Iterator[None]:
    """Carry out what the blocks have scheduled until the block ends, on connections of its own.

    A statement that takes longer than its interval is due again at once, never twice at a time.

    Raises:
        PgproofError: a statement failed (file:line).
    """
    stop, errors = threading.Event(), list[Exception]()

    def work(statement: Statement, file: str, every_s: float) -> None:
        due = time.monotonic()
        try:
            with connect() as connection:
                while not stop.wait(max(0.0, due - time.monotonic())):
                    due = max(due + every_s, time.monotonic())
                    run_statement(connection, statement, file)
        except Exception as error:  # it is raised where the block ends
            errors.append(error)

    threads = [
        threading.Thread(target=work, args=(_filled(block, one.sql, clock), block.file, one.every_s), daemon=True)
        for block in blocks
        for one in block.scheduled
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]


def keep_up_once(connection: Connection, block: Optimization, statements: Iterable[str], clock: str) -> None:
    """Carry out these of the block's upkeep statements once, in order.

    Raises:
        PgproofError: a statement failed (file:line).
    """
    for text in statements:
        run_statement(connection, _filled(block, text, clock), block.file)


def _filled(block: Optimization, text: str, clock: str) -> Statement:
    return Statement(fill_in(text, {"clock": f"'{clock}'"}, block.file), block.line)
