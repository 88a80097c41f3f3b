"""The script for psql: checks first, then one block after another, each of which can be run again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from textwrap import wrap
from types import MappingProxyType

from bench.errors import WorkloadError
from bench.model import Optimization, Query
from bench.shipping import tables
from bench.shipping.pieces import piece, retrying
from bench.shipping.step import Step, Waiting
from bench.shipping.steps import REPEATED, concurrent_steps, undo_steps
from bench.shipping.text import dollar_quoted, for_psql, literal, one_line, outer, said

_LATE_FOREIGN_KEY = re.compile(r"\bADD\s+CONSTRAINT\b.*\bFOREIGN\s+KEY\b.*\bNOT\s+VALID\b", re.IGNORECASE | re.DOTALL)

ATTEMPTS_WRITTEN_OUT = 10
"""Attempts of a statement for which no loop can be written; with the pauses between them it takes a minute or so."""

RULE = 118
"""Width of the line that begins a block."""


def ship_script(
    workload_name: str,
    optimizations: Sequence[Optimization],
    undo: bool = False,
    *,
    queries: Sequence[Query] = (),
    about: Sequence[str] = (),
    remarks: Mapping[str, Sequence[str]] = MappingProxyType({}),
    waiting: Waiting = Waiting(),  # noqa: B008 - frozen
) -> str:
    """A script for psql that brings the optimizations to a live database, or (``undo``) takes them back, last first.

    ``queries`` are those whose rewritten statements belong to the optimizations; ``about`` is said of the script, and
    ``remarks`` of an optimization by its name.

    Raises:
        WorkloadError: a statement makes something that has no name, so that nobody could tell whether it is there.
    """
    chosen = list(reversed(optimizations)) if undo else list(optimizations)
    steps = {one.name: undo_steps(one) if undo else concurrent_steps(one) for one in chosen}
    for one in chosen:
        _refuse_nameless(one, steps[one.name])
    number = len(chosen)
    parts = [
        piece(
            "begin",
            what=f"{'Takes back' if undo else 'Ships'} the optimizations of {one_line(workload_name)}",
            application=literal(f"pgproof ship-script {one_line(workload_name)}"),
            checks=f"DO {dollar_quoted(_checks([step for one in chosen for step in steps[one.name]]), 'check')};",
        )
    ]
    if about:
        parts.insert(0, "\n".join(line for text in about for line in _comment("", text)))
    for position, one in enumerate(chosen, 1):
        heading = _undo_heading(one, queries) if undo else _heading(one, queries)
        heading += [line for text in remarks.get(one.name, ()) for line in _comment("careful", text)]
        announced = f"\\echo {said(f'{position}/{number} {one.name}')}"
        parts.append("\n".join([*heading, announced, *_block(steps[one.name], waiting)]))
    parts.append(f"\\echo {said(f'done: {number} blocks')}")
    return "\n\n".join(parts) + "\n"


def _refuse_nameless(optimization: Optimization, steps: Iterable[Step]) -> None:
    where = f"{optimization.file}:{optimization.line}: {optimization.name}"
    for step in steps:
        if step.kind == "build" and not step.index:
            hint = "give the index a name: without one, each run of the script would build another"
            raise WorkloadError(f"{where}: an index without a name cannot be found again", hint=hint)
        if step.warning == tables.NAMELESS:
            raise WorkloadError(f"{where}: {step.warning}", hint="write ADD CONSTRAINT name …")


# ------------------------------------------------------------------------------------------------- words
def _heading(optimization: Optimization, queries: Sequence[Query]) -> list[str]:
    lines = [
        f"-- {optimization.name} ".ljust(RULE, "-"),
        f"-- {optimization.category}; {optimization.file}:{optimization.line}",
        *_comment("why", optimization.why),
    ]
    for text in optimization.undo:
        lines += _comment("undo", f"{text};")
    for text in optimization.upkeep:
        lines += _comment("to run now and then, for as long as it stays", f"{text};")
    for query in _rewritten(optimization, queries):
        what = f"the statement below '-- rewrite: {optimization.name}' in {query.file}"
        lines += _comment("when it is there, deploy", what)
    return lines


def _undo_heading(optimization: Optimization, queries: Sequence[Query]) -> list[str]:
    lines = [f"-- undo of {optimization.name} ".ljust(RULE, "-")]
    for query in _rewritten(optimization, queries):
        lines += _comment("deploy first", f"the first statement of {query.file}, which does without it")
    return lines


def _comment(key: str, text: str) -> list[str]:
    """A comment of one or more lines; none where there is nothing to say."""
    said = f"{key}: {one_line(text)}" if key else one_line(text)
    lines = wrap(said, RULE - len("-- "), break_long_words=False, break_on_hyphens=False)
    return [f"-- {'' if number == 0 else '  '}{line}" for number, line in enumerate(lines)] if text.strip() else []


def _rewritten(optimization: Optimization, queries: Sequence[Query]) -> list[Query]:
    return [query for query in queries if query.rewrite and query.rewrite.optimization == optimization.name]


# ------------------------------------------------------------------------------------------------- checks
def _checks(steps: Sequence[Step]) -> str:
    """The body of a DO block that ends the script before anything was done, where it could not go to its end."""
    wanted = [
        f"({literal('index')}, {literal(step.index)}, {literal(step.table)})"
        if step.kind == "build"
        else f"({literal('foreign key')}, NULL, {literal(step.table)})"
        for step in steps
        if step.kind == "build" or _LATE_FOREIGN_KEY.search(outer(step.sql))
    ]
    return piece("checks", wanted=",\n            ".join(wanted) or "(NULL, NULL, NULL)")


# ------------------------------------------------------------------------------------------------- steps
def _block(steps: Sequence[Step], waiting: Waiting) -> Iterator[str]:
    together = groupby(steps, key=lambda step: step.kind == "plain" and not step.outside)
    for plain, group in together:
        found = list(group)
        yield from [_transaction(found, waiting)] if plain else [_one(step, waiting) for step in found]


def _one(step: Step, waiting: Waiting) -> str:
    if step.kind == "build":
        return _warned(step, _build(step))
    if step.kind == "lock":
        return _warned(step, _unless(step.done, _lock_timeout(waiting), f"{retrying(step.sql, waiting, step.table)};"))
    if step.kind == "plain" and step.warning:
        return _warned(step, _attempts(step, waiting))
    return _unless(step.done, "SET lock_timeout = 0;", for_psql(step.sql))


def _warned(step: Step, text: str) -> str:
    return "\n".join([*_comment("careful", step.warning), text]) if step.warning else text


def _lock_timeout(waiting: Waiting) -> str:
    return f"SET lock_timeout = '{waiting.lock_timeout_ms}ms';"


def _unless(done: str, *lines: str) -> str:
    text = "\n".join(lines)
    return piece("unless", done=done, otherwise=text) if done else text


def _build(step: Step) -> str:
    index, table = literal(step.index), literal(step.table)
    failed = f"DO {dollar_quoted(piece('insist', index=index, table=table), 'insist')};"
    return piece("build", index=index, table=table, statement=for_psql(step.sql), insist=failed)


def _transaction(steps: Sequence[Step], waiting: Waiting) -> str:
    """What belongs together, as written; left out as a whole where the first thing that it makes is there."""
    done = next((step.done for step in steps if step.done), "")
    lines = [_lock_timeout(waiting), "BEGIN;"]
    for step in steps:
        if not (done and step.warning == REPEATED):
            lines += _comment("careful", step.warning)
        lines.append(for_psql(step.sql))
    return _unless(done, *lines, "COMMIT;")


def _attempts(step: Step, waiting: Waiting) -> str:
    """psql has no loop, and this statement refuses to run in one of the server's: the attempts are written out."""
    found = [_lock_timeout(waiting), r"\set pgproof_busy true"]
    for attempt in range(1, ATTEMPTS_WRITTEN_OUT + 1):
        pause = min(attempt * waiting.pause_s, waiting.pause_max_s) if attempt < ATTEMPTS_WRITTEN_OUT else 0
        found.append(piece("attempt", statement=for_psql(step.sql), number=str(attempt), pause=f"{pause:g}"))
    return "\n".join([*found, piece("attempts_end", number=str(ATTEMPTS_WRITTEN_OUT))])
