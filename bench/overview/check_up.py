"""A check-up: commands carried out one after the other, and one page over what they found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench import __version__
from bench.model.vocabulary import Mark
from bench.overview.document import MARKS, NONE, ready_table
from bench.overview.record import Answer, Entry
from bench.overview.summary import Listed, Overview
from bench.report.document import Cell, Document, Row, Section, Sentences, Span, Table, columns
from bench.report.numbers import plural

FILE = "check-up"
PAGE = f"{FILE}.html"

Ending = Literal["done", "time over", "not begun", "interrupted", "failed"]
Outcome = Literal["yes", "no", "cannot tell", "failed"]


@dataclass(frozen=True, slots=True)
class Step:
    """A command of the check-up, and what became of it."""

    line: str
    """As one would type it."""
    ended: Ending
    took_s: float
    folder: str
    """Of its result, beside the one of the check-up; empty where it left none."""
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class CheckUp:
    """All commands, in the order in which they were carried out."""

    workload: str
    minutes: float
    steps: tuple[Step, ...]

    @property
    def listed(self) -> tuple[Listed, ...]:
        """The results, as the page of the check-up links them."""
        return tuple(Listed(f"../{one.folder}", one.entry) for one in self.steps if one.entry)

    @property
    def outcome(self) -> Outcome:
        """No where an answer is; failed where a command is; yes only where every command came to its end."""
        answers = [answer for one in self.steps if one.entry for answer in one.entry.answers.values()]
        if "no" in answers:
            return "no"
        if any(one.ended == "failed" for one in self.steps):
            return "failed"
        return "cannot tell" if "cannot tell" in answers or any(one.ended != "done" for one in self.steps) else "yes"


HEADLINES: dict[Outcome, str] = {
    "yes": "Every answer is yes", "no": "Not every answer is yes", "cannot tell": "Something cannot be told",
    "failed": "A command failed",
}  # fmt: skip


def document(made: CheckUp, found: Overview) -> Document:
    """Place what a check-up found: the answers first, then what was carried out."""
    marks: dict[Outcome, Answer] = {"yes": "yes", "no": "no", "cannot tell": "cannot tell", "failed": "cannot tell"}
    took = sum(one.took_s for one in made.steps) / 60
    answers = tuple(ready_table(one) for one in found.workloads)
    return Document(
        experiment="check-up",
        file=FILE,
        title=f"Check-up of {made.workload}",
        headline=f"{HEADLINES[made.outcome]}: {found.headline}" if found.headline else HEADLINES[made.outcome],
        facts=("check-up", made.workload, f"{took:.1f} of {made.minutes:g} minutes", f"as of {found.written}"),
        alarms=(),
        lead=(Sentences(tuple(_unfinished(made))),),
        sections=(Section("answers", "Answers", answers), Section("commands", "Commands", (_steps(made),))),
        pgproof=__version__,
        footer=f"Made by pgproof {__version__} from the results that it links.",
        mark=MARKS[marks[made.outcome]][1],
        styles=("advise.css",),
    )


def _unfinished(made: CheckUp) -> list[str]:
    late = [one for one in made.steps if one.ended in ("time over", "not begun")]
    if not late:
        return []
    return [f"{plural(len(late), 'command')} had no time to come to an end; by hand each takes what it needs."]


def _steps(made: CheckUp) -> Table:
    heads = columns("Command", "Ended", "Seconds", "Says")
    return Table("Commands", heads, tuple(map(_step, made.steps)), kind="advice", cards=True, name_width=48)


def _step(one: Step) -> Row:
    tone = Mark("", "", "good" if one.ended == "done" else "open").tone
    says = Span(one.entry.headline, href=f"../{one.folder}/{one.entry.page}") if one.entry else NONE
    return Cell(Span(one.line, code=True)), Cell(one.ended, tone), Cell(f"{one.took_s:.0f}"), Cell(says, kind="wide")
