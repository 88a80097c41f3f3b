"""Which measured plans use what an optimization made."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bench.cells.records import OptimizationSummary, Use
from bench.model import STATES, Applied, Optimization, Run
from bench.plans import index_names, tree

_NAME = r'((?:"(?:[^"]|"")+"|[\w$]+)(?:\s*\.\s*(?:"(?:[^"]|"")+"|[\w$]+))?)'
_CREATES = (
    re.compile(
        rf"\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(?!ON\b){_NAME}", re.IGNORECASE
    ),
    re.compile(
        rf"\bCREATE\s+(?:UNLOGGED\s+)?(?:TABLE|MATERIALIZED\s+VIEW)\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}", re.IGNORECASE
    ),
    # These constraints bring an index of the same name.
    re.compile(rf"\bADD\s+CONSTRAINT\s+{_NAME}\s+(?:UNIQUE|PRIMARY\s+KEY|EXCLUDE)\b", re.IGNORECASE),
)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def summarize_optimizations(run: Run) -> tuple[OptimizationSummary, ...]:
    """Say for each optimization of ``run`` which queries use it, in the order of the file."""
    users = _users(run)
    applied = {found.name: found for found in run.applied}
    return tuple(
        _summarize(optimization, applied.get(optimization.name), run, users) for optimization in run.optimizations
    )


def created(optimization: Optimization) -> tuple[str, ...]:
    """Name the indexes and tables that its statements make, without schema."""
    names = [
        bare(match[1])
        for statement in optimization.statements
        for pattern in _CREATES
        for match in pattern.finditer(_COMMENT.sub(" ", statement.sql))
    ]
    return tuple(dict.fromkeys(names))


def indexes_used(run: Run, query: str) -> tuple[str, ...]:
    """Name the indexes in the after plans of ``query``, in order of appearance."""
    plans = [pair.after.plan.plan for pair in run.pairs if pair.query == query and pair.after.plan]
    return tuple(dict.fromkeys(name for plan in plans for name in index_names(plan)))


def indexes_seen(run: Run) -> frozenset[str] | None:
    """Name the indexes that anything measured uses: plans before and after, and upkeep statements.

    None where that cannot tell which are not used: a query was left out, or has no plan.
    """
    plans = [(pair.query, plan.plan) for pair in run.pairs for state in STATES if (plan := pair.side(state).plan)]
    for cell in run.attribution.cells if run.attribution else ():
        plans += [(cell.query, plan) for state in (cell.before, cell.after) if (plan := cell.tried[state].plan)]
    planned = {query for query, _ in plans}
    if run.left_out or not planned or any(query.name not in planned for query in run.queries):
        return None
    upkeep = run.attribution.upkeep_uses if run.attribution else ()
    return frozenset(upkeep).union(*(index_names(plan) for _, plan in plans))


def _users(run: Run) -> dict[str, list[str]]:
    """Map each index and relation of the after plans to the queries that use it; None of it without after plans."""
    users: dict[str, list[str]] = {}
    for pair in run.pairs:
        if not pair.after.plan:
            continue
        plan = pair.after.plan.plan
        for name in {*index_names(plan), *(node.relation for node in tree(plan) if node.relation)}:
            if pair.query not in users.setdefault(name, []):
                users[name].append(pair.query)
    return users


def _summarize(
    optimization: Optimization, applied: Applied | None, run: Run, users: dict[str, list[str]]
) -> OptimizationSummary:
    creates = tuple(map(bare, applied.creates)) if applied and applied.creates else created(optimization)
    rewritten = [
        query.name for query in run.queries if query.rewrite and query.rewrite.optimization == optimization.name
    ]
    measured = {pair.query for pair in run.pairs if pair.after.samples}
    names = [*(user for name in creates for user in users.get(name, ())), *(q for q in rewritten if q in measured)]
    used_by = tuple(dict.fromkeys(names))
    return OptimizationSummary(
        name=optimization.name,
        category=optimization.category,
        why=optimization.why,
        creates=creates,
        use=_use(used_by, applied is not None or not optimization.statements, [*creates, *rewritten], bool(users)),
        used_by=used_by,
        build_ms=applied.build_ms if applied else None,
        size_bytes=applied.size_bytes if applied else None,
        wal_bytes=applied.wal_bytes if applied else None,
        locks=applied.locks if applied else (),
        upkeep=applied.upkeep if applied else (),
        staleness=applied.staleness if applied else "",
    )


def _use(used_by: Iterable[str], applied: bool, visible: Iterable[str], plans_seen: bool) -> Use:
    if tuple(used_by):
        return "used"
    if not applied:
        return "not applied"
    if not tuple(visible):
        return "not in plans"
    return "unused" if plans_seen else "cannot tell"


def bare(name: str) -> str:
    """Take the schema and the quotes off a name; without quotes PostgreSQL folds to lower case."""
    last = re.split(r'\.(?=(?:[^"]*"[^"]*")*[^"]*$)', name)[-1].strip()
    return last[1:-1].replace('""', '"') if last.startswith('"') else last.lower()
