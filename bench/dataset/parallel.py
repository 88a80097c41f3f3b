"""Statements over several connections at once: indexes, foreign keys, vacuum."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from bench.postgres.connection import Connection, Target
from bench.postgres.failures import explained
from bench.progress import Progress


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
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in sorted(jobs, key=lambda job: -job.weight):
        waiting.put(job)
    opened: list[Connection] = [target.connect(database) for _ in range(min(connections, len(jobs)))]
    failures: list[BaseException] = []
    done: list[float] = [0.0]
    threads = [threading.Thread(target=_work, args=(c, waiting, failures, done), daemon=True) for c in opened]
    total = sum(job.weight for job in jobs)
    try:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            progress(phase, min(sum(done), total), total)
            time.sleep(0.02)
    except BaseException:
        _stop(waiting, opened)
        raise
    finally:
        for thread in threads:
            thread.join(timeout=10)
        for connection in opened:
            connection.close()
    if failures:
        raise failures[0]
    progress(phase, total, total)


def _work(
    connection: Connection, waiting: queue.SimpleQueue[Job], failures: list[BaseException], done: list[float]
) -> None:
    while not failures:
        try:
            job = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            with explained(job.label):
                for statement in job.statements:
                    connection.execute(statement)
        except BaseException as error:  # carried to the main thread, which raises it
            failures.append(error)
            return
        done.append(job.weight)


def _stop(waiting: queue.SimpleQueue[Job], opened: Sequence[Connection]) -> None:
    while not waiting.empty():
        waiting.get_nowait()
    for connection in opened:
        try:
            connection.cancel()
        except psycopg.Error:  # the server is gone: there is nothing left to cancel
            continue
