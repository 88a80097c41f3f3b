"""How many queries meet the target, miss it, or cannot be told: the same three numbers wherever they are counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.cells.records import Outcome
from bench.model import DIFFERENCES


@dataclass(frozen=True, slots=True)
class Tally:
    """Queries by what became of them. ``cannot_tell`` holds those that were not measured, too."""

    meets: int = 0
    misses: int = 0
    cannot_tell: int = 0
    differ: int = 0
    failed: int = 0
    assuming: int = 0
    """Of those that meet, how many by an assumption."""
    assumption: str = ""
    """Which; of several the one that assumes most."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.meets + self.misses + self.cannot_tell + self.differ + self.failed

    @property
    def rest(self) -> str:
        """All but those that meet: 3 miss, 2 cannot tell."""
        parts = [_does(self.misses, "misses", "miss"), f"{self.cannot_tell:,} cannot tell"]
        if self.differ:
            parts.append(f"{_does(self.differ, 'gives another answer', 'give another answer')}")
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        return ", ".join(parts)

    @property
    def trouble(self) -> str:
        """All but those that meet, the worst first, and only what there is: 1 failed, 3 miss, 2 cannot tell."""
        parts = (
            (self.differ, _does(self.differ, "gives another answer", "give another answer")),
            (self.failed, f"{self.failed:,} failed"),
            (self.misses, _does(self.misses, "misses", "miss")),
            (self.cannot_tell, f"{self.cannot_tell:,} cannot tell"),
        )
        return ", ".join(words for number, words in parts if number)

    @property
    def outcome(self) -> str:
        """The word for all of them, as of a query: the worst that one has; empty where there is none."""
        if self.differ or self.failed:
            return "failed"
        return "misses" if self.misses else "cannot tell" if self.cannot_tell else "meets" if self.meets else ""

    @property
    def assumed(self) -> str:
        """In brackets, with a space before it, how many of those that meet assume what; empty where none does."""
        return f" ({self.assuming:,} assuming {self.assumption})" if self.assuming else ""

    @property
    def words(self) -> str:
        """All of it: 11 meet, 3 miss, 2 cannot tell."""
        return f"{_does(self.meets, 'meets', 'meet')}{self.assumed}, {self.rest}"


def tally(found: Iterable[tuple[Outcome | None, str]]) -> Tally:
    """Count outcomes, each with what it assumes; None is one that is not known yet."""
    outcomes = list(found)
    said = [outcome or "cannot tell" for outcome, _ in outcomes]
    assumed = [assumes for outcome, assumes in outcomes if outcome == "meets" and assumes]
    counted = (said.count("meets"), said.count("misses"), said.count("cannot tell"))
    return Tally(
        *counted,
        sum(one in DIFFERENCES for one in said),
        said.count("failed"),
        len(assumed),
        max(assumed, key=len, default=""),
    )


def _does(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
