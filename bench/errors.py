"""The expected failures: each says what happened, where, and what to type next.

    PgproofError                exit code 2
    ├── WorkloadError           a file of the workload cannot be used (names file:line)
    │   └── Refused             the server has no such feature for a statement of it
    ├── ServerError             no server, or not one that pgproof can work on
    ├── DatasetError            the rows cannot be made, or break a constraint
    ├── DiskFull                no room left on the device
    ├── RunFileError            a run.json that cannot be read
    ├── BaselineError           a baseline that cannot be read or compared (exit code 3)
    ├── DriftError              the catalog is not what the files say
    └── LoadError               the load generator (pgbench) is missing, too old, or does not start

Everything else that escapes to the entry point is a bug (exit code 4).
"""

from __future__ import annotations


class PgproofError(Exception):
    """An expected failure, shown as one line.

    ``hint`` is what the reader can type or change next; it is printed after the message.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}: {self.hint}" if self.hint else self.message


class WorkloadError(PgproofError):
    """A file of the workload cannot be used."""


class Refused(WorkloadError):
    """The server has no such feature for a statement: what a Citus cluster refuses, one server may do."""


class ServerError(PgproofError):
    """There is no server, or not one that pgproof can work on."""


class DatasetError(PgproofError):
    """The dataset cannot be made, or its rows break a constraint."""


class DiskFull(PgproofError):
    """The device that holds the databases has no room left."""


class RunFileError(PgproofError):
    """A stored run cannot be read."""


class BaselineError(PgproofError):
    """A baseline cannot be read, or not be compared with what is here."""


class DriftError(PgproofError):
    """A database differs from the files that made it."""


class LoadError(PgproofError):
    """The load generator is missing, too old, or does not start."""
