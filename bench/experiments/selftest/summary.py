"""What a selftest says: false alarms with their bound, and how much of what was put in on purpose was found. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.experiments.selftest.record import Attempt, RunLine
from bench.experiments.selftest.sensitivity import Rule, Sight, other_rules, sights, upper_bound


@dataclass(frozen=True, slots=True)
class SeriesSummary:
    """A series of runs on identical files: every red one is a false alarm."""

    runs: int
    red: int
    inconclusive: int
    bound: float
    """Of the rate of false alarms."""
    rules: tuple[Rule, ...]
    sights: tuple[Sight, ...]
    """The blindest first."""
    median_sight: float
    """What a cell can see, in the median over the cells."""


@dataclass(frozen=True, slots=True)
class KindSummary:
    """The attempts of one kind and size."""

    name: str
    found: int
    of: int
    witnesses: tuple[str, ...]

    @property
    def share(self) -> float:
        """How many were found."""
        return self.found / self.of


@dataclass(frozen=True, slots=True)
class AttemptsSummary:
    """What was put in."""

    kinds: tuple[KindSummary, ...]
    missed: tuple[Attempt, ...]
    """Those that were not seen; slow-downs are counted alone."""


def summarize_series(lines: Sequence[RunLine]) -> SeriesSummary:
    """Sum up an A/A series."""
    red, found = sum(line.red for line in lines), sights(lines)
    return SeriesSummary(
        runs=len(lines),
        red=red,
        inconclusive=sum(line.overall == "inconclusive" for line in lines),
        bound=upper_bound(red, len(lines)),
        rules=tuple(other_rules(lines)),
        sights=tuple(found),
        median_sight=found[len(found) // 2].detectable if found else 0.0,
    )


def summarize_attempts(found: Sequence[Attempt]) -> AttemptsSummary:
    """Sum up what was put in, by kind and size."""
    groups: dict[str, list[Attempt]] = {}
    for attempt in found:
        groups.setdefault(_kind(attempt), []).append(attempt)
    missed = tuple(attempt for attempt in found if attempt.witness == "nothing" and attempt.kind != "cpu")
    return AttemptsSummary(tuple(_summary(name, group) for name, group in groups.items()), missed)


def _kind(attempt: Attempt) -> str:
    if attempt.kind == "cpu":
        return f"CPU +{attempt.share:.0%}"
    promised = attempt.kind in ("database", "settings", "query")
    return f"{attempt.kind}, promised: {attempt.promised}" if promised else attempt.kind


def _summary(name: str, group: Sequence[Attempt]) -> KindSummary:
    seen = [attempt for attempt in group if attempt.witness != "nothing"]
    return KindSummary(name, len(seen), len(group), tuple(sorted({attempt.witness for attempt in seen})))
