"""The tables of a load as text, the same in every format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.experiments.load.record import LoadRun, MixPart
from bench.experiments.load.summary import LoadSummary, StepSummary, Times, holds, rate, share
from bench.model import STATES, State
from bench.report import numbers as words
from bench.statistics.quantiles import Figure

DOING_MOST = 12
"""Kinds of waiting that are shown: the most frequent."""

NAMES = ("p95", "p50", "p99")
"""What decides comes first: a phone shows two or three columns beside the name."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A text; ``tone`` is ``over`` (misses the target), ``before``, ``after``, or nothing."""

    text: str
    tone: str = ""
    number: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the first column names the row."""

    ident: str
    title: str
    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def tables(run: LoadRun, summary: LoadSummary) -> tuple[Table, ...]:
    """Everything that there is something in, the most telling first."""
    found = (_closed(run, summary), _open(run, summary), _queries(run, summary), _doing(summary), _invariants(run))
    return tuple(table for table in found if table.rows)


def _closed(run: LoadRun, summary: LoadSummary) -> Table:
    caption = (
        f"Steps of {run.options.seconds} s, each on a fresh copy. Each client asks again as soon as it has its answer, "
        "so what one waits the others do not ask: compare throughput first, and times at a rate."
    )
    headings = ("Clients", "State", "Done", *NAMES, "Failed", "Retries")
    target = run.options.target_ms
    return Table("clients", "Clients", caption, headings, tuple(_step(one, target) for one in summary.closed))


def _step(one: StepSummary, target_ms: float) -> tuple[Cell, ...]:
    return (
        Cell(str(one.step.clients)),
        _state(one.step.state),
        Cell(rate(one.tps)),
        *_times(one.all, target_ms),
        Cell(words.count(one.all.failed)),
        Cell(words.count(one.all.retries)),
    )


def _open(run: LoadRun, summary: LoadSummary) -> Table:
    caption = (
        "Transactions become due whether the ones before them are done or not, and a time counts from when it was due. "
        f"One that could not begin within {words.ms(run.options.late_ms)} is skipped and counts as longer than all."
    )
    headings = ("Asked", "State", "Says", *NAMES, "Done", "Skipped", "Clients")
    return Table(
        "rates", "At a rate", caption, headings, tuple(_rate(one, run.options.target_ms) for one in summary.open)
    )


def _rate(one: StepSummary, target_ms: float) -> tuple[Cell, ...]:
    if one.saturated:
        says = Cell("saturated", "over", number=False)
    elif (held := holds(one, target_ms)) is None:
        says = Cell("too few to tell", number=False)
    elif held:
        says = Cell("held", number=False)
    else:
        says = Cell("over the target", "over", number=False)
    return (
        Cell(rate(one.step.rate_tps)),
        _state(one.step.state),
        says,
        *_times(one.all, target_ms),
        Cell(rate(one.tps)),
        Cell(words.count(one.step.skipped)),
        Cell(str(one.step.clients)),
    )


def _queries(run: LoadRun, summary: LoadSummary) -> Table:
    sides = [(state, one) for state in STATES if (one := summary.last(state))]
    most = words.plural(max((one.step.clients for _, one in sides), default=0), "client")
    caption = (
        f"With {most}. All parameter classes together: each binding of a query is as likely as any other. Of "
        "fewer than 20 transactions p95 is the longest."
    )
    headings = ("Query", *(f"{name}, {state}" for name in (*NAMES, "Number") for state, _ in sides), "Weight")
    rows = tuple(_query(part, [one for _, one in sides], run.options.target_ms) for part in run.mix)
    return Table("queries", "Queries", caption, headings, rows if sides else ())


def _query(part: MixPart, sides: Sequence[StepSummary], target_ms: float) -> tuple[Cell, ...]:
    found = [next((times for times in one.queries if times.query == part.query), None) for one in sides]
    figures = [_times(times, target_ms) for times in found]
    cells = [side[place] for place in range(len(NAMES)) for side in figures]
    numbers = [Cell(words.count(times.transactions if times else None)) for times in found]
    return (Cell(part.title, number=False), *cells, *numbers, Cell(str(part.weight)))


def _doing(summary: LoadSummary) -> Table:
    sides = [(state, one) for state in STATES if (one := summary.last(state)) and one.doing]
    looks = words.plural(max((one.step.samples for _, one in sides), default=0), "look")
    caption = (
        f"With the most clients, from {looks} into pg_stat_activity in a step. Running: on a processor or waiting for "
        "one, which the server cannot tell apart. Idle: between two transactions, pgbench's own part."
    )
    names: dict[str, float] = {}
    for _, one in sides:
        for what, part in one.doing:
            names[what] = max(names.get(what, 0.0), part)
    chosen = sorted(names, key=lambda what: (-names[what], what))[:DOING_MOST]
    rows = tuple(
        (Cell(what, number=False), *(Cell(share(dict(one.doing).get(what, 0.0))) for _, one in sides))
        for what in chosen
    )
    headings = ("Doing", *(f"{state[0].upper()}{state[1:]}" for state, _ in sides))
    return Table("waits", "What the clients did", caption, headings, rows)


def _invariants(run: LoadRun) -> Table:
    caption = "What no load may break, as the queries' headers say: the same rows before and after each step."
    rows = tuple(_invariant_rows(run))
    return Table("invariants", "Invariants", caption, ("Invariant", "Query", "Held"), rows)


def _invariant_rows(run: LoadRun) -> Iterator[tuple[Cell, ...]]:
    for query, name in dict.fromkeys((one.query, one.name) for step in run.steps for one in step.invariants):
        seen = [one for step in run.steps for one in step.invariants if (one.query, one.name) == (query, name)]
        held = sum(one.held for one in seen)
        says = (
            f"after {words.plural(held, 'step')}"
            if held == len(seen)
            else f"VIOLATED in {len(seen) - held} of {len(seen)}"
        )
        yield (
            Cell(name, number=False),
            Cell(query, number=False),
            Cell(says, "" if held == len(seen) else "over", number=False),
        )


def _state(state: State) -> Cell:
    return Cell(state, state, number=False)


def _times(found: Times | None, target_ms: float) -> Sequence[Cell]:
    figures = (found.p95, found.p50, found.p99) if found else (None, None, None)
    over = [_is_over(figures[0], target_ms), False, False]
    return [Cell(words.figure(one), "over" if late else "") for one, late in zip(figures, over, strict=True)]


def _is_over(found: Figure | None, target_ms: float) -> bool:
    return found is not None and (found.censored or found.ms > target_ms)
