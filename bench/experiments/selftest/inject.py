"""Regressions put in on purpose: each optimization left out, each injection of the workload, and slow-downs of the CPU.

Every attempt is a gate run on arms made for it. What the counters do not show goes to the clock as well, before it is
said that the gate does not see it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from bench.cells.index_use import created
from bench.errors import WorkloadError
from bench.experiments.gate import injections
from bench.experiments.gate.arms import Arm
from bench.experiments.gate.record import Baseline, CellResult, GateResult, Key
from bench.experiments.gate.run import GateOptions, prepared_head
from bench.experiments.gate.run import run as run_gate
from bench.experiments.selftest.false_alarms import same_files
from bench.experiments.selftest.record import Attempt, Witness
from bench.model import Injection, Optimization
from bench.plans import index_names, tree
from bench.postgres.capabilities import is_superuser
from bench.postgres.servers import ServerHandle
from bench.workload import Workload
from bench.workload.injections import read_injections

SIZES = (0.20, 0.05, 0.10, 0.15, 0.30)
"""Slow-downs of the CPU, as shares of a cell's own time."""
CELLS_AT_ONCE = 5
"""Cells slowed down in one gate run, each of another query: enough to be quick, few enough to stay independent."""


Told = Callable[[Attempt], None]


# ------------------------------------------------------------------------------------------- plans and databases
def left_out(options: GateOptions, server: ServerHandle, baseline: Baseline, block: Optimization) -> Attempt:
    """Run the gate with one optimization taken out of the working tree."""
    workload = without(options.head.workload, block.name)
    arm = Arm("head", f"without {block.name}", workload)
    serves = tuple(name for name in block.serves if any(query.name == name for query in workload.queries))
    attempt = _attempt(
        options, server, baseline, arm, serves, Attempt(block.name, "left out", "unknown", "nothing", (), "", 0)
    )
    return (
        attempt if attempt.witness != "nothing" else replace(attempt, detail=_unneeded(block, baseline, attempt.detail))
    )


def injected(options: GateOptions, server: ServerHandle, baseline: Baseline, injection: Injection) -> Attempt:
    """Run the gate with one injection in the head arm."""
    workload = options.head.workload
    queries = tuple(injections.worse(query, injection) for query in workload.queries)
    arm = Arm("head", f"with {injection.name}", replace(workload, queries=queries), injection)
    blank = Attempt(injection.name, injection.kind, injection.caught_by, "nothing", (), "", 0)
    return _attempt(options, server, baseline, arm, injection.queries, blank)


def without(workload: Workload, name: str) -> Workload:
    """The workload without one optimization; a query rewritten for it goes back to its own statement."""
    return replace(
        workload,
        optimizations=tuple(block for block in workload.optimizations if block.name != name),
        queries=tuple(
            replace(query, rewrite=None) if query.rewrite and query.rewrite.optimization == name else query
            for query in workload.queries
        ),
    )


def _attempt(
    options: GateOptions, server: ServerHandle, baseline: Baseline, arm: Arm, queries: Sequence[str], blank: Attempt
) -> Attempt:
    begin = time.perf_counter()
    options = replace(options, keep=False)
    try:
        result = run_gate(replace(options, head=arm, base=None, baseline=baseline), server)
        if not _red(result):
            moved = {cell.query for cell in result.cells if cell.word == "plan changed"}
            timed = same_files(options).base
            only = tuple(sorted({*queries, *moved}))
            quiet = result
            if only or blank.promised != "unknown":
                result = run_gate(replace(options.of_queries(only), head=arm, base=timed, baseline=baseline), server)
                result = result if _red(result) else quiet
    except WorkloadError as error:
        return replace(blank, witness="error", detail=error.message, seconds=round(time.perf_counter() - begin, 1))
    red = _red(result)
    told, witness = noticed(red, blank.promised)
    changed = next((cell.plan_changes[0] for cell in result.cells if cell.plan_changes), "")
    return replace(
        blank,
        witness=witness,
        red=tuple(f"{cell.query}[{cell.parameter_class}]" for cell in red),
        detail=f"{told.query}[{told.parameter_class}]: {told.reasons[0]}" if told else changed,
        seconds=round(time.perf_counter() - begin, 1),
    )


def _red(result: GateResult) -> list[CellResult]:
    return [cell for cell in result.cells if cell.word == "regression"]


def noticed(red: Sequence[CellResult], promised: str) -> tuple[CellResult | None, Witness]:
    """The first red cell of which the promised witness speaks, or the first of all, and who saw it there."""
    seen = [(cell, _witness(cell, promised)) for cell in red]
    return next((one for one in seen if one[1] == promised), seen[0] if seen else (None, "nothing"))


def _witness(cell: CellResult, promised: str) -> Witness:
    others = bool(cell.base and cell.head and cell.base.result_hash != cell.head.result_hash)
    if cell.differences and not (others and promised == "rows"):
        return "counters"
    if others:
        return "rows"
    return "time" if cell.change and len(cell.change.stages) > 1 else "target"


def _unneeded(block: Optimization, baseline: Baseline, changed: str) -> str:
    """Why leaving an optimization out makes nothing worse."""
    made = set(created(block))
    if not made:
        return f"unneeded by these queries: a plan cannot use what is of the category {block.category}"
    seen = {
        name for cell in baseline.cells for name in (*index_names(cell.plan), *(n.relation for n in tree(cell.plan)))
    }
    if not made & seen:
        return "unneeded by these queries: no plan uses it"
    return f"replaceable: without it other plans do no more work ({changed})" if changed else "used, and worth nothing"


def everything(
    options: GateOptions, server: ServerHandle, baseline: Baseline, tries: int, done: Sequence[Attempt], told: Told
) -> None:
    """Put in all there is, one after the other, except what is ``done``; ``told`` hears of each attempt."""
    known = {(attempt.kind, attempt.name) for attempt in done}
    for block in options.head.workload.optimizations:
        if ("left out", block.name) not in known:
            told(left_out(options, server, baseline, block))
    for injection in injections_of(options, server, baseline):
        if (injection.kind, injection.name) not in known:
            told(injected(options, server, baseline, injection))
    for share in SIZES:
        before = sum(attempt.kind == "cpu" and attempt.share == share for attempt in done)
        rng = random.Random(f"{share}/{before}")  # noqa: S311 (choice of cells, no secret)
        slowed(options, server, baseline, share, tries - before, rng, told)


def injections_of(options: GateOptions, server: ServerHandle, baseline: Baseline) -> tuple[Injection, ...]:
    """The workload's own injections; where it brings none, what can go wrong in any workload, from the catalog."""
    workload = options.head.workload
    if own := read_injections(workload.root, workload.queries):
        return own
    plans = [cell.plan for cell in baseline.cells]
    with prepared_head(options, server) as head, head.databases.target(options.head).connect(head.name) as connection:
        return injections.generic(connection, plans, superuser=is_superuser(head.databases.setup.admin))


# ------------------------------------------------------------------------------------------------------- CPU
def slowed(
    options: GateOptions,
    server: ServerHandle,
    baseline: Baseline,
    share: float,
    tries: int,
    rng: random.Random,
    told: Told,
) -> None:
    """Slow randomly chosen cells down by ``share`` of their own time, ``tries`` of them; ``told`` hears of each.

    The extra time is pure computing in the head arm's server process after each execution, measured out on the spot
    against the cell's own time on the base arm.
    """
    done = 0
    while done < tries:
        chosen = _some_cells(baseline, min(CELLS_AT_ONCE, tries - done), rng)
        burn = dict.fromkeys(chosen, share)
        only = tuple(key[0] for key in chosen)
        begin = time.perf_counter()
        arms = replace(
            same_files(options.of_queries(only)), baseline=baseline, burn=burn, order_seed=rng.randrange(2**31)
        )
        result = run_gate(arms, server)
        seconds = round((time.perf_counter() - begin) / len(chosen), 1)
        for cell in result.cells:
            if (cell.query, cell.parameter_class) in burn:
                told(_slowed(cell, share, seconds))
        done += len(chosen)


def _slowed(cell: CellResult, share: float, seconds: float) -> Attempt:
    name = f"{cell.query}[{cell.parameter_class}]"
    red = cell.word == "regression"
    return Attempt(
        name=f"+{share:.0%} {name}",
        kind="cpu",
        promised="time",
        witness="time" if red else "nothing",
        red=(name,) if red else (),
        detail=cell.reasons[0] if cell.reasons else cell.word,
        seconds=seconds,
        share=share,
        ratio=round(cell.change.ratio, 4) if cell.change else 0.0,
        spread=round(cell.change.spread, 4) if cell.change else 0.0,
    )


def _some_cells(baseline: Baseline, number: int, rng: random.Random) -> list[Key]:
    by_query: dict[str, list[Key]] = {}
    for cell in baseline.cells:
        by_query.setdefault(cell.query, []).append(cell.key)
    names = rng.sample(sorted(by_query), min(number, len(by_query)))
    return [rng.choice(by_query[name]) for name in names]
