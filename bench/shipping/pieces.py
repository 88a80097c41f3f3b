"""Pieces of SQL and psql from the files in ``sql/``."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from bench.shipping.step import Waiting
from bench.shipping.text import dollar_quoted, literal

_HOLE = re.compile(r"\{\{(\w+)\}\}")


@cache
def _template(name: str) -> str:
    text = (resources.files("bench.shipping") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    return text.partition("\n\n")[2].rstrip()


def piece(file: str, /, **values: str) -> str:
    """``sql/<file>.sql`` without its opening comment, with ``{{key}}`` filled in as it is."""
    return _HOLE.sub(lambda hole: values[hole[1]], _template(file))


def exists(what: str, name: str, table: str = "") -> str:
    """An expression: is there a ``what`` (a file ``sql/exists_<what>.sql``) of that name, as written?"""
    return piece(f"exists_{what}", name=literal(name), table=literal(table))


def retrying(sql: str, waiting: Waiting, table: str = "") -> str:
    """A DO block that runs ``sql`` and tries again while a lock is not to be had; the caller sets lock_timeout.

    It ends the transaction between two attempts, so it has to run outside of a transaction block.
    """
    body = piece(
        "retry",
        statement=literal(sql),
        table=literal(table) if table else "NULL",
        attempts=str(waiting.attempts),
        pause=f"{waiting.pause_s:g}",
        pause_max=f"{waiting.pause_max_s:g}",
    )
    return f"DO {dollar_quoted(body, 'retry')}"
