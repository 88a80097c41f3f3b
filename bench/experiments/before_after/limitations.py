"""What a run as a whole cannot tell, in sentences: each only where it applies to this run. Pure.

What the four sides of the optimizations leave open is in ``limits``.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.experiments.before_after.beside import aged_sentences
from bench.experiments.before_after.order import order_sentences
from bench.model import STATES, CellSide, Run
from bench.report import numbers

P99_FROM = 100
P95_FROM = 20
"""Executions below which the nearest-rank percentile is the longest time seen: 1 / (1 - quantile)."""

WHERE = {
    "embedded": "The server ran on the machine of the client and talked through a socket: no network is in any time.",
    "docker": "The server ran in a container on the machine of the client: no network beyond that is in any time.",
    "local": "The server ran on the machine of the client and talked through a socket: no network is in any time.",
    "dsn": "The server is not pgproof's own: what else it did meanwhile, and what its machine is, is not known here.",
}
MADE_UP = "The rows are those that the workload's dataset makes: what your data has and they lack does not show."
WARM = "Every time is a warm one: the rows had just been read. What it costs to fetch them from disk is not in it."
COLD_TOO = (
    "Every time is a warm one but for those called cold: the rows had just been read. A cold execution begins with "
    "nothing cached and alone; a server that others use has a part of everything cached."
)
ALONE = (
    "Statements ran one at a time, and nobody wrote meanwhile: no wait for a lock, no contention, no queue for a "
    "connection."
)
CUSTOM = (
    "Each execution was planned for its own parameters (plan_cache_mode = force_custom_plan). An application whose "
    "driver keeps generic plans may get others."
)
FORCED = (
    "Every connection set settings that the server does not have by itself ({names}): under its own, plans and times "
    "may be others."
)
NO_COPY = (
    "No second copy of a database was timed: the intervals of ratios do not know what two copies of the same database "
    "differ by, up to 5 % on one query."
)
AS_SET = "Under the server's own settings only the queries that read were timed, and nothing else here was measured."
ROLLED_BACK = "Statements that write were rolled back: the wait for a commit to reach the disk is not in their times."


def limitations(run: Run) -> tuple[str, ...]:
    """Say everything that the figures of ``run`` leave open, beginning with what was noted while it was measured."""
    sides = [side for pair in run.pairs for state in STATES if (side := pair.side(state)).samples]
    return (*run.notes, *_missing(run), *(_timed(run, sides) if sides else ["Nothing was timed."]))


def _timed(run: Run, sides: list[CellSide]) -> Iterator[str]:
    cores = numbers.plural(run.machine.cores, "core")
    yield (
        f"Times are those of one machine ({run.machine.cpu}, {cores}): between machines compare ratios and counted "
        "work, not milliseconds."
    )
    if run.server.kind in WHERE:
        yield WHERE[run.server.kind]
    yield MADE_UP
    yield from aged_sentences(run)
    yield COLD_TOO if any(side.cold for side in sides) else WARM
    yield ALONE
    yield CUSTOM
    yield from order_sentences(run)
    if (
        not run.options.one_copy
        and run.copies is None
        and any(pair.before.samples and pair.after.samples for pair in run.pairs)
    ):
        yield NO_COPY
    if run.as_set:
        yield AS_SET
    elif own := run.server.own_settings:
        yield FORCED.format(names=numbers.listed(list(own), most=len(own)))
    writing = {query.name for query in run.queries if query.writes}
    if any(pair.query in writing and any(pair.side(state).samples for state in STATES) for pair in run.pairs):
        yield ROLLED_BACK
    yield from _few(sides)
    if cut := sum(any(sample.censored for sample in side.samples) for side in sides):
        yield (
            f"{numbers.plural(cut, 'cell')} hit the statement timeout of {numbers.seconds(run.options.timeout_s)}: how "
            "long they take is not known, only that it is longer."
        )


def _few(sides: list[CellSide]) -> Iterator[str]:
    cells = numbers.plural(len(sides), "cell")
    for said, most in (("no p99 is given", P99_FROM), ('p95 is the longest time seen ("max of")', P95_FROM)):
        if few := sum(len(side.samples) < most for side in sides):
            yield f"In {few} of {cells} {said}: they have fewer than {most} executions."


def _missing(run: Run) -> Iterator[str]:
    if run.status != "complete":
        yield f"The run is {run.status}: what it had not reached is missing here."
    if run.left_out:
        yield f"Nothing is known of {numbers.listed(run.left_out)}: left out of this run."
    absent = sorted({f"{p.query} ({p.parameter_class})" for p in run.pairs if p.skipped and not p.bindings})
    if absent:
        yield f"The dataset has nothing to ask for {numbers.listed(absent)}."
    if skipped := sum(bool(pair.skipped and pair.bindings) for pair in run.pairs):
        yield f"{numbers.plural(skipped, 'pair')} of {len(run.pairs)} {'was' if skipped == 1 else 'were'} not measured."
    yield from _not_compared(run)


def _not_compared(run: Run) -> Iterator[str]:
    both = [pair for pair in run.pairs if pair.before.samples and pair.after.samples]
    if blind := sum(pair.equality is None for pair in both):
        yield (
            f"In {numbers.plural(blind, 'pair')} the rows before and after were not compared: a timeout is in the way."
        )
    if empty := [pair for pair in both if pair.equality and pair.equality.word == "equal, but empty"]:
        yield (
            f"In {numbers.plural(len(empty), 'pair')} both answers are empty: equal, but what a wrong statement would "
            "have returned there is not known."
        )
    found = [(pair, pair.equality) for pair in run.pairs if pair.equality]
    yield from (f"{p.query} ({p.parameter_class}), not compared: {why}." for p, said in found for why in said.unsure)
    if varying := {f"{p.query}: {numbers.listed(list(said.varying))}" for p, said in found if said.varying}:
        yield (
            f"Columns that each execution gives another value, so that they were not compared: "
            f"{'; '.join(sorted(varying))}."
        )
