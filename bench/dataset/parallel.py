"""Statements over several connections at once: indexes, foreign keys, vacuum, what parameters are chosen by."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import psycopg

from bench.postgres.connection import Connection, Target
from bench.postgres.failures import explained
from bench.progress import Progress

Result = TypeVar("Result")

LOOK_S = 0.02
"""Between two looks at whether all is done."""


@dataclass(frozen=True, slots=True)
class Job:
    """Statements that belong together, run in order on one connection; ``weight`` is their share of the work."""

    label: str
    statements: tuple[str, ...]
    weight: float = 1.0


def run_jobs(
    target: Target, database: str, jobs: Sequence[Job], connections: int, phase: str, progress: Progress
) -> None:
    """Run the jobs, heaviest first, over ``connections`` connections; the first failure stops all.

    An interruption cancels what is running on the server, so that it is felt at once.
    """
    heaviest_first = sorted(jobs, key=lambda job: -job.weight)
    total = sum(job.weight for job in jobs)

    def tell(done: Mapping[int, None]) -> None:
        progress(phase, min(sum(heaviest_first[place].weight for place in done), total), total)

    with opened(target, database, min(connections, len(jobs))) as several:
        over(several, [partial(_carry_out, job) for job in heaviest_first], tell)
    progress(phase, total, total)


@contextmanager
def opened(target: Target, database: str, connections: int) -> Iterator[list[Connection]]:
    """So many connections, closed afterwards."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(target.connect(database))) for _ in range(connections)]


def over(
    connections: Sequence[Connection], tasks: Sequence[Callable[[Connection], Result]],
    tell: Callable[[Mapping[int, Result]], None],
) -> list[Result]:  # fmt: skip
    """Carry out ``tasks``, taken in their order by whichever connection is free, and return what each gives.

    ``tell`` gets what there is so far, by its place among the tasks: often while something is missing, and all that
    there is before a failure is raised. A failure stops what was not begun, and of several the one is raised that would
    have come first on one connection. An interruption cancels what is running on the server.
    """
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(len(tasks)):
        waiting.put(number)
    done: dict[int, Result] = {}
    failures: dict[int, BaseException] = {}
    arguments = [(connection, tasks, waiting, done, failures) for connection in connections]
    threads = [threading.Thread(target=_work, args=own, daemon=True) for own in arguments]
    try:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            so_far = dict(done)
            if len(so_far) < len(tasks):
                tell(so_far)
            time.sleep(LOOK_S)
    except BaseException:
        _stop(waiting, connections)
        raise
    finally:
        for thread in threads:
            thread.join(timeout=10)
    if failures:
        tell(done)
        raise failures[min(failures)]
    return [done[number] for number in range(len(tasks))]


def _carry_out(job: Job, connection: Connection) -> None:
    with explained(job.label):
        for statement in job.statements:
            connection.execute(statement)


def _work(
    connection: Connection, tasks: Sequence[Callable[[Connection], Result]], waiting: queue.SimpleQueue[int],
    done: dict[int, Result], failures: dict[int, BaseException],
) -> None:  # fmt: skip
    while not failures:
        try:
            number = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            done[number] = tasks[number](connection)
        except BaseException as error:  # carried to the main thread, which raises it
            failures[number] = error
            return


def _stop(waiting: queue.SimpleQueue[int], opened: Sequence[Connection]) -> None:
    while not waiting.empty():
        waiting.get_nowait()
    for connection in opened:
        try:
            connection.cancel()
        except psycopg.Error:  # the server is gone: there is nothing left to cancel
            continue
