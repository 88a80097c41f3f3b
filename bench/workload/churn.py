"""``churn.sql``: the statements that age a database before its maintenance is measured."""

from __future__ import annotations

from pathlib import Path

from bench.errors import WorkloadError
from bench.model import Statement
from bench.workload import sqlfile

CHURN_FILE = "churn.sql"
GIVEN = ("share", "round", "clock")
"""The parameters that pgproof fills in: the share of rows to write in one execution, its number from 1, the clock."""


def read_churn(root: Path) -> tuple[Statement, ...]:
    """Read ``churn.sql`` of a workload; nothing where there is none.

    Like ``injections/`` it is no part of the experiment and does not change its hash.

    Raises:
        WorkloadError: the file is empty, or has a parameter that pgproof does not give (file:line).
    """
    file = root / CHURN_FILE
    if not file.exists():
        return ()
    found = tuple(sqlfile.split(sqlfile.read_text(file), CHURN_FILE))
    if not found:
        hint = "write INSERT, UPDATE and DELETE statements, or remove the file: pgproof then makes some up"
        raise WorkloadError(f"{CHURN_FILE}:1: no statement here", hint=hint)
    for statement in found:
        for name in sqlfile.placeholders(statement.sql, CHURN_FILE):
            if name not in GIVEN:
                hint = f"there are {', '.join(f':{given}' for given in GIVEN)}"
                raise WorkloadError(f"{CHURN_FILE}:{statement.line}: parameter :{name} is not known", hint=hint)
    if not any(":share" in statement.sql for statement in found):
        hint = "let each statement choose :share of its table's rows"
        raise WorkloadError(f"{CHURN_FILE}:1: no statement uses :share, so --churn would say nothing", hint=hint)
    return found
