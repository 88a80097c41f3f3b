"""Decide what a load says: percentiles, what saturates, the rate that a state holds, and the words for it. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.experiments import about
from bench.experiments.load.record import InvariantSeen, LoadRun, LoadStep
from bench.model import STATES, State
from bench.report import numbers
from bench.statistics.quantiles import Figure, longest_of, too_few

SKIPPED_MOST = 0.01
"""Share of the transactions of a step that may be skipped: above, the rate is not held. A p99 would not see less."""

SHORT_MOST = 0.05
"""Share of the asked rate by which a step may fall behind, beyond what chance does to the moments that are drawn."""

CHANCE = 2.0
"""Standard deviations that chance may take: pgbench draws the moments, and their number in a step is Poisson."""

CLOSE = 1.2
"""Two rates closer than this factor are not searched between: two steps of a minute differ by as much on a machine that
is shared (docs/load.md)."""

MOST_TRIES = 8
"""Steps of a search in each state, at the most."""

FIRST_SHARE = 0.5
"""Where a search begins: half of what the clients got when they asked as fast as they could."""

FEW = 100
"""Transactions of a step at a rate: with fewer, less than five are above p95, and one of them decides."""

DOING_MOST = 12
"""Kinds of waiting that are shown: the most frequent."""

WIDEN = 3.0
"""Factor from rate to rate until one is held and one is not."""


@dataclass(frozen=True, slots=True)
class Times:
    """The transactions of a query, or of all, in a step. A percentile is None without transactions."""

    query: str
    transactions: int
    p50: Figure | None
    p95: Figure | None
    p99: Figure | None
    failed: int
    retries: int


@dataclass(frozen=True, slots=True)
class StepSummary:
    """One step, with what its figures mean."""

    step: LoadStep
    tps: float
    all: Times
    """All queries of the mix together; what was skipped counts as later than everything."""
    queries: tuple[Times, ...]
    saturated: bool
    """The asked rate was not held."""
    doing: tuple[tuple[str, float], ...]
    """What the clients did, the most frequent first, as shares."""

    @property
    def violated(self) -> tuple[InvariantSeen, ...]:
        """The invariants that did not hold."""
        return tuple(one for one in self.step.invariants if not one.held)


@dataclass(frozen=True, slots=True)
class Crossing:
    """Between which rates the p95 of a state crosses the target; ``low`` was held, ``high`` was not."""

    state: State
    low_tps: float | None
    high_tps: float | None
    tried: int

    @property
    def sentence(self) -> str:
        """Say it."""
        if self.low_tps is None and self.high_tps is None:
            return f"{self.state}: no rate was tried"
        if self.low_tps is None:
            high = rate(self.high_tps)
            return f"{self.state}: p95 is over the target at {high} already, and no lower rate was seen to hold"
        if self.high_tps is None:
            return f"{self.state}: p95 is within the target up to {rate(self.low_tps)}, the highest rate tried"
        return f"{self.state}: p95 crosses the target between {rate(self.low_tps)} and {rate(self.high_tps)}"


@dataclass(frozen=True, slots=True)
class InvariantSummary:
    """What must hold whatever the load, and after how many of the steps it did."""

    query: str
    name: str
    steps: int
    held: int


@dataclass(frozen=True, slots=True)
class LoadSummary:
    """What a report shows."""

    target_ms: float
    headline: str
    alarms: tuple[str, ...]
    closed: tuple[StepSummary, ...]
    """Each client asks when it is free: by number of clients, then state."""
    open: tuple[StepSummary, ...]
    """At a rate, the rates of the search among them: by rate, then state."""
    crossings: tuple[Crossing, ...]
    invariants: tuple[InvariantSummary, ...]
    doings: tuple[str, ...]
    """What the clients were seen doing with the most of them, the most frequent first."""
    notes: tuple[str, ...]

    @property
    def violated(self) -> bool:
        """Whether an invariant did not hold."""
        return any(one.held < one.steps for one in self.invariants)

    @property
    def doing(self) -> tuple[tuple[State, StepSummary], ...]:
        """The steps with the most clients in which these were looked at."""
        return tuple((state, one) for state in STATES if (one := self.last(state)) and one.doing)

    def says(self, one: StepSummary) -> tuple[str, bool]:
        """Say of a step at a rate whether it was held, and whether that is bad."""
        if one.saturated:
            return "saturated", True
        held = holds(one, self.target_ms)
        return ("too few to tell", False) if held is None else ("held", False) if held else ("over the target", True)

    def is_over(self, found: Figure | None) -> bool:
        """Whether a time is longer than the target."""
        return found is not None and (found.censored or found.ms > self.target_ms)

    def last(self, state: State) -> StepSummary | None:
        """The closed step with the most clients."""
        return next((one for one in reversed(self.closed) if one.step.state == state), None)


def summarize(run: LoadRun) -> LoadSummary:
    """Compute everything that a report of ``run`` shows; partial and failed runs alike."""
    steps = [summarize_step(step, run.options.late_ms) for step in run.steps]
    closed = sorted(
        (one for one in steps if one.step.rate_tps is None),
        key=lambda one: (one.step.clients, STATES.index(one.step.state)),
    )
    opened = sorted(
        (one for one in steps if one.step.rate_tps is not None),
        key=lambda one: (one.step.rate_tps or 0.0, STATES.index(one.step.state)),
    )
    return LoadSummary(
        target_ms=run.options.target_ms,
        headline=_headline(closed, run),
        alarms=tuple(_alarms(steps, run)),
        closed=tuple(closed),
        open=tuple(opened),
        crossings=tuple(_crossings(opened, run.options.target_ms)),
        invariants=tuple(_invariants(run)),
        doings=_doings(closed),
        notes=(*run.notes, *_notes(run, opened)),
    )


def _invariants(run: LoadRun) -> Iterator[InvariantSummary]:
    for query, name in dict.fromkeys((one.query, one.name) for step in run.steps for one in step.invariants):
        seen = [one for step in run.steps for one in step.invariants if (one.query, one.name) == (query, name)]
        yield InvariantSummary(query, name, len(seen), sum(one.held for one in seen))


def _doings(closed: Sequence[StepSummary]) -> tuple[str, ...]:
    most: dict[str, float] = {}
    for one in {one.step.state: one for one in closed}.values():
        for what, part in one.doing:
            most[what] = max(most.get(what, 0.0), part)
    return tuple(sorted(most, key=lambda what: (-most[what], what))[:DOING_MOST])


def summarize_step(step: LoadStep, late_ms: float) -> StepSummary:
    """Compute the figures of one step."""
    merged: Counter[int] = Counter()
    for query in step.queries:
        merged.update(_times(query.times_us))
    failed, retries = sum(query.failed for query in step.queries), sum(query.retries for query in step.queries)
    seen = sum(step.doing.values())
    return StepSummary(
        step=step,
        tps=sum(merged.values()) / step.seconds if step.seconds else 0.0,
        all=_summary("all queries", merged, failed, retries, step.skipped, late_ms),
        queries=tuple(
            _summary(query.query, _times(query.times_us), query.failed, query.retries) for query in step.queries
        ),
        saturated=is_saturated(step),
        doing=tuple(
            (what, number / seen) for what, number in sorted(step.doing.items(), key=lambda item: (-item[1], item[0]))
        ),
    )


def _summary(
    query: str, times_us: Mapping[int, int], failed: int, retries: int, skipped: int = 0, late_ms: float = 0.0
) -> Times:
    p50, p95, p99 = (percentile(times_us, quantile, skipped, late_ms) for quantile in (0.5, 0.95, 0.99))
    return Times(query, sum(times_us.values()), p50, p95, p99, failed, retries)


def _times(times_us: Mapping[str, int]) -> Counter[int]:
    return Counter({int(us): number for us, number in times_us.items()})


def percentile(times_us: Mapping[int, int], quantile: float, skipped: int = 0, late_ms: float = 0.0) -> Figure | None:
    """Give the nearest-rank percentile of counted times; where it falls on one that was skipped, "more than".

    None without any, and where so few do not have it (p99 of fewer than 100).
    """
    total = sum(times_us.values()) + skipped
    if not total or too_few(total, quantile):
        return None
    rank = max(1, math.ceil(quantile * total - 1e-9))
    for us in sorted(times_us):
        rank -= times_us[us]
        if rank <= 0:
            return Figure(us / 1e3, longest_of=longest_of(total, quantile))
    return Figure(late_ms, censored=True, longest_of=longest_of(total, quantile))


def is_saturated(step: LoadStep) -> bool:
    """Whether the asked rate was not held: too much was skipped, or too little done for chance to explain it."""
    if step.rate_tps is None:
        return False
    done = sum(sum(query.times_us.values()) + query.failed for query in step.queries)
    asked = step.rate_tps * step.seconds
    if step.skipped > SKIPPED_MOST * (done + step.skipped):
        return True
    return done + step.skipped < asked * (1 - SHORT_MOST) - CHANCE * math.sqrt(asked)


def holds(one: StepSummary, target_ms: float) -> bool | None:
    """Whether the p95 of the mix is within the target at a rate that was held; None with too few transactions."""
    if one.saturated:
        return False
    p95 = one.all.p95
    if p95 is None or one.all.transactions < FEW:
        return None
    return not p95.censored and p95.ms <= target_ms


def least_rate(seconds: float) -> float:
    """The lowest rate at which a step of ``seconds`` has transactions enough for a p95, whatever chance does."""
    return (FEW + CHANCE * math.sqrt(FEW)) / seconds


def next_rate(tried: Mapping[float, bool], capacity_tps: float, least_tps: float = 0.0) -> float | None:
    """Give the next rate of a search, from what was ``tried`` (rate to whether it was held); None where it is over.

    Wider by a factor until one rate is held and one is not, then in the middle of the two on a logarithmic scale; never
    below ``least_tps``, where nothing could be said (``least_rate``).
    """
    if len(tried) >= MOST_TRIES or capacity_tps <= 0:
        return None
    if not tried:
        return max(capacity_tps * FIRST_SHARE, least_tps)
    high = min((rate for rate, held in tried.items() if not held), default=None)
    # Noise may let a higher rate pass than one that failed: the lower bound is below the first failure.
    low = max((rate for rate, held in tried.items() if held and (high is None or rate < high)), default=None)
    if high is None:
        return max(tried) * WIDEN
    if low is None:
        return max(high / WIDEN, least_tps) if high > least_tps * CLOSE else None
    return None if high / low <= CLOSE else math.sqrt(low * high)


def _crossings(opened: Sequence[StepSummary], target_ms: float) -> Iterator[Crossing]:
    for state in STATES:
        tried = {
            one.step.rate_tps: held
            for one in opened
            if one.step.state == state and one.step.rate_tps is not None and (held := holds(one, target_ms)) is not None
        }
        if tried:
            high = min((value for value, held in tried.items() if not held), default=None)
            low = max((value for value, held in tried.items() if held and (high is None or value < high)), default=None)
            yield Crossing(state, low, high, len(tried))


# ----------------------------------------------------------------------------------------------------- sentences
def rate(tps: float | None) -> str:
    """Write transactions in a second."""
    return numbers.NOTHING if tps is None else f"{numbers.digits(tps)}/s"


def share(value: float) -> str:
    """Write a share in percent."""
    return f"{100 * value:.0f} %" if value >= 0.095 else f"{100 * value:.1f} %"


def _headline(closed: Sequence[StepSummary], run: LoadRun) -> str:
    sides = {one.step.state: one for one in closed}  # the last one of each: the most clients
    violated = sum(not one.held for step in run.steps for one in step.invariants)
    broken = f"{numbers.plural(violated, 'invariant')} violated. " if violated else ""
    if not sides:
        return f"{broken}No step was finished."
    parts = []
    for state in STATES:
        if one := sides.get(state):
            clients = numbers.plural(one.step.clients, "client")
            get = "gets" if one.step.clients == 1 else "get"
            parts.append(f"{state}, {clients} {get} {rate(one.tps)} at a p95 of {numbers.figure(one.all.p95)}")
    text = "; ".join(parts)
    return f"{broken}{text[0].upper()}{text[1:]}"


def _alarms(steps: Sequence[StepSummary], run: LoadRun) -> Iterator[str]:
    for one in steps:
        for broken in one.violated:
            yield f"{where(one.step)}: {broken.query} broke '{broken.name}': {broken.detail}"
    yield from about.unfinished("This load", run.status)
    for one in steps:
        for error in one.step.errors:
            yield f"{where(one.step)}: {error}"
        if one.saturated and one.step.purpose == "rate":
            yield f"{where(one.step)}: saturated, {rate(one.tps)} done and {share(_skipped(one))} skipped"


def _skipped(one: StepSummary) -> float:
    total = one.all.transactions + one.all.failed + one.step.skipped
    return one.step.skipped / total if total else 0.0


def where(step: LoadStep) -> str:
    """Name a step."""
    asked = f" at {rate(step.rate_tps)}" if step.rate_tps is not None else ""
    return f"{step.state}, {numbers.plural(step.clients, 'client')}{asked}"


def _notes(run: LoadRun, opened: Sequence[StepSummary]) -> Iterator[str]:
    if few := [one for one in opened if one.all.transactions < FEW]:
        steps = numbers.plural(len(few), "step")
        yield f"{steps} at a rate had fewer than {FEW} transactions, too few for a p95: give more --seconds."
    if not run.server.ours:
        return
    cores = numbers.plural(run.machine.cores, "core")
    yield (
        f"pgbench and the server share the {cores} of this machine: what one takes the other lacks, and times hold the "
        "client's own overhead."
    )
    for step in run.steps:
        running = step.doing.get("running", 0) / step.samples if step.samples else 0.0
        if running > run.machine.cores:
            yield (
                f"{where(step)}: {running:.1f} of them ran at once on average, on {cores}: part of their times is "
                "waiting for a processor, and with more clients it is a larger part."
            )
            return
