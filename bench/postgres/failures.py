"""The driver's errors as failures that a user can act upon."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from bench.errors import DatasetError, DiskFull, PgproofError, Refused, ServerError, WorkloadError

REFUSALS = (psycopg.errors.FeatureNotSupported, psycopg.errors.InternalError_)
"""How a server says that it has no such feature; Citus gives much of what it refuses no code, which is the second."""


def first_line(error: BaseException) -> str:
    """The first line of an error's text, which is what fits behind a file name."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn the driver's errors inside the block into expected failures that begin with ``what``."""
    try:
        yield
    except psycopg.Error as error:
        if error.diag.sqlstate is None and not isinstance(error, psycopg.OperationalError):
            raise  # the driver was used wrongly: our bug
        raise translated(error, what) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise disk_full(what) from error
        raise


def disk_full(what: str) -> DiskFull:
    """The failure for a full device."""
    hint = "free some, choose a smaller scale, or run 'pgproof cache clear'"
    return DiskFull(f"{what}: no space left on the device that holds the databases", hint=hint)


def translated(error: psycopg.Error, what: str) -> PgproofError:
    """The expected failure behind a driver's error: disk full, broken constraint, lost server, or bad SQL."""
    diagnosis = error.diag
    if isinstance(error, psycopg.errors.DiskFull) or "No space left on device" in str(error):
        return disk_full(what)
    if isinstance(error, psycopg.errors.IntegrityError):
        table = f"{diagnosis.schema_name}.{diagnosis.table_name}" if diagnosis.table_name else "unknown table"
        broken = diagnosis.constraint_name or (f"NOT NULL of {diagnosis.column_name}" if diagnosis.column_name else "")
        sample = (diagnosis.message_detail or diagnosis.message_primary or "").strip()
        return DatasetError(f"{what}: table {table} breaks {broken or 'a constraint'}: {sample}")
    if isinstance(error, psycopg.OperationalError) and diagnosis.sqlstate in (None, "57P01", "57P02", "57P03"):
        return ServerError(f"{what}: the server went away ({first_line(error)})", hint="run the command again")
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        hint = "on a server that pgproof starts, a workload's SQL is no superuser: docs/security.md"
        return WorkloadError(f"{what}: {diagnosis.message_primary}", hint=hint)
    detail = f" ({diagnosis.message_detail})" if diagnosis.message_detail else ""
    kind = Refused if isinstance(error, REFUSALS) else WorkloadError
    return kind(f"{what}: {diagnosis.message_primary or first_line(error)}{detail}")
