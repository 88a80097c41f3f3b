"""What the page of all results says: by workload what is known of it, how it went, and every result. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import median
from urllib.parse import quote

from bench.model import KnownAnswer
from bench.overview.record import Answer, Entry, Figure, Question
from bench.report.numbers import plural
from bench.timestamps import when

ASKED: Mapping[Question, tuple[str, str]] = {
    "meets": ("Does every query meet its target?", "run"),
    "plans": ("Is every plan safe from traps?", "traps"),
    "load": ("Does it hold under load?", "load"),
    "cold": ("Does it meet the target with cold caches?", "run --cold 5"),
    "scale": ("Will it still meet the target at larger sizes?", "scale --from {small} --to {large}"),
    "ageing": ("Does it hold once the tables have aged?", "maintain"),
    "gate": ("Is the working tree free of regressions?", "gate"),
}
"""What one asks before a release, and the command that finds out."""
SAID: Mapping[Answer | None, str] = {"no": "no", "cannot tell": "cannot tell", None: "not asked"}
NAMED = 3
"""Workloads in the headline."""
OTHERS = "The newest result is not among them: its rows, cells, server or machine are others."
STEPS = ((86_400.0, "day"), (3_600.0, "hour"), (60.0, "minute"))
"""Seconds, and what they are called."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A result, and the folder that it stands in, beside the page."""

    folder: str
    entry: Entry

    @property
    def href(self) -> str:
        """Where its page is, from the page of all."""
        return f"{quote(self.folder)}/{quote(self.entry.page)}"


@dataclass(frozen=True, slots=True)
class Ready:
    """A question, and what is known: an answer with the result that gave it, or the command that finds out."""

    question: Question
    asks: str
    answer: Answer | None
    found: Listed | None
    age: str
    stale: str
    """Why the answer may be another one by now; empty where nothing is known against it."""
    command: str


Point = tuple[Listed, Figure]
"""A value of a trend, and the result that it is of."""


@dataclass(frozen=True, slots=True)
class Trend:
    """A main figure through those results of a workload that may be compared, oldest first."""

    name: str
    points: tuple[Point, ...]
    sentence: str

    @property
    def band(self) -> tuple[float, float]:
        """Between what the figure lies without a reason: around its median, by the largest noise that a result saw."""
        noise = max(figure.noise_percent for _, figure in self.points) / 100
        middle = median(figure.value for _, figure in self.points)
        return middle / (1 + noise), middle * (1 + noise)


@dataclass(frozen=True, slots=True)
class WorkloadSummary:
    """All that is known of a workload, the newest result first."""

    name: str
    ready: tuple[Ready, ...]
    trends: tuple[Trend, ...]
    results: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page says."""

    headline: str
    written: str
    workloads: tuple[WorkloadSummary, ...]
    unread: tuple[str, ...]
    """Folders of results that were not read."""
    others: tuple[tuple[str, str], ...] = ()
    """Other pages, as words and where they are: the latest check-up, comparison, history."""


def summarize(
    found: Sequence[Listed], unread: Sequence[str], now: datetime, others: Mapping[str, str] | None = None,
    *, of: Sequence[str] = (),
) -> Overview:  # fmt: skip
    """Decide what is said of ``found`` at the moment ``now``, and of the workloads ``of``, whatever was found."""
    newest = sorted(found, key=lambda one: (one.entry.started_at, one.folder), reverse=True)
    names = dict.fromkeys([*(one.entry.workload for one in newest), *of])
    made = tuple(_workload(name, [one for one in newest if one.entry.workload == name], now) for name in names)
    return Overview(
        headline="; ".join(f"{one.name}: {_known(one.ready)}" for one in made[:NAMED]),
        written=when(now.astimezone(UTC).isoformat()),
        workloads=made,
        unread=tuple(unread),
        others=tuple((others or {}).items()),
    )


def _known(ready: Sequence[Ready]) -> str:
    """How many questions have which answer."""
    answers = [one.answer for one in ready]
    parts = ((answers.count(answer), said) for answer, said in SAID.items())
    rest = "".join(f", {number} {said}" for number, said in parts if number)
    return f"{answers.count('yes')} of {len(answers)} answers yes{rest}"


def _workload(name: str, results: Sequence[Listed], now: datetime) -> WorkloadSummary:
    return WorkloadSummary(
        name, tuple(_ready(question, results, now) for question in ASKED), tuple(_trends(results)), tuple(results)
    )


# -------------------------------------------------------------------------------------------------------- ready
def _ready(question: Question, results: Sequence[Listed], now: datetime) -> Ready:
    """What is known of a question: the newest answer, whichever experiment gave it."""
    asks, command = ASKED[question]
    typed = f"pgproof {_sized(command, results)}"
    if given := next((one.entry.given for one in results if one.entry.given), ""):
        typed = f"{typed} {shlex.quote(given)}"
    found = next((one for one in results if question in one.entry.answers), None)
    if not found:
        return Ready(question, asks, None, None, "", "", typed)
    answer = found.entry.answers[question]
    return Ready(question, asks, answer, found, age(found.entry.started_at, now), _stale(found, results), typed)


def known_answer(ready: Ready) -> KnownAnswer:
    """The same for the record of a run, whose folder stands beside those of the results."""
    blank = KnownAnswer(ready.question, ready.asks, ready.command)
    if not (ready.found and ready.answer):
        return blank
    entry = ready.found.entry
    return replace(
        blank, answer=ready.answer, said=entry.headline, by=f"{entry.command}, {entry.size}",
        begun_at=entry.started_at, href=f"../{ready.found.href}", stale=ready.stale,
    )  # fmt: skip


def _sized(command: str, results: Sequence[Listed]) -> str:
    """A command with the sizes that it needs: a tenth of what was measured last, to ten times that."""
    sizes = (one.entry.size.split(" ")[0].replace(",", "") for one in results)
    last = next((int(one) for one in sizes if one.isdigit()), 100_000)
    return command.format(small=max(1, last // 10), large=last * 10)


def _stale(found: Listed, results: Sequence[Listed]) -> str:
    """The newest result tells whether the files were others then."""
    then, now = found.entry.workload_hash, next((r.entry.workload_hash for r in results if r.entry.workload_hash), "")
    return "the workload's files were changed since" if then and now and then != now else ""


def age(moment: str, now: datetime) -> str:
    """How long ago something began, in the largest unit."""
    seconds = (now - datetime.fromisoformat(moment)).total_seconds()
    for size, unit in STEPS:
        if seconds >= size:
            return f"{plural(int(seconds // size), unit)} ago"
    return "just now"


# -------------------------------------------------------------------------------------------------------- trends
def _trends(results: Sequence[Listed]) -> Iterator[Trend]:
    """Of each figure the results that may be compared with each other: the newest of which there are two."""
    found: dict[str, dict[str, list[Point]]] = {}
    for one in results:
        for figure in one.entry.figures:
            found.setdefault(figure.name, {}).setdefault(figure.alike, []).insert(0, (one, figure))
    for name, alike in found.items():
        newest = next(iter(alike.values()))
        points = next((those for those in alike.values() if len(those) > 1), None)
        if points:
            yield Trend(name, tuple(points), _sentence(points) if points is newest else OTHERS)


def _sentence(points: Sequence[Point]) -> str:
    """What the last result says against the one before."""
    before, last = (figure for _, figure in points[-2:])
    change = last.value / before.value - 1 if before.value else float(last.value > 0)
    if not change:
        return "The last as the one before."
    said = f"The last {abs(change):.1%} {'more' if change > 0 else 'less'} than the one before"
    noise = max(before.noise_percent, last.noise_percent) / 100
    return f"{said}, within what equal executions differ by ({noise:.1%})." if abs(change) <= noise else f"{said}."
