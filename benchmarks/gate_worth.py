"""What a selftest found, as docs/gate.md says it: python benchmarks/gate_worth.py FOLDER prints it.

In the folder are the logs of the long series, and of those that came later: ``aa-later``, ``inject-later``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median, quantiles

from bench.experiments.selftest.record import Attempt, RunLine, read_attempts, read_log
from bench.experiments.selftest.sensitivity import other_rules, sights, upper_bound


def figures(folder: Path) -> Mapping[str, Callable[[], str]]:
    """Name to what makes the text."""
    lines, attempts = read_log(folder / "aa-20k.jsonl.gz"), read_attempts(folder / "inject-20k.jsonl.gz")
    later, more = read_log(folder / "aa-later-20k.jsonl.gz"), read_attempts(folder / "inject-later-20k.jsonl.gz")
    found = sights(lines)
    seen = [sight.detectable for sight in found]
    seconds = [line.seconds for line in lines]
    load = [line.load for line in lines]
    red = sum(line.red for line in lines)
    open_ = sum(line.overall == "inconclusive" for line in lines)
    sessions = [cell.sessions for line in lines for cell in line.cells]
    blocks = [attempt for attempt in attempts if attempt.kind == "left out"]
    changes = [attempt for attempt in attempts if attempt.kind not in ("cpu", "left out")]
    return {
        "runs": lambda: f"{len(lines)}",
        "cells": lambda: f"{sum(len(line.cells) for line in lines):,}",
        "red": lambda: f"{red or 'none'} red, {open_ or 'none'} inconclusive",
        "bound": lambda: f"{upper_bound(red, len(lines)):.2%}".replace("%", " %"),
        "load": lambda: f"load {median(load):.1f} in the median, {max(load):.1f} at most",
        "seconds": lambda: f"{median(seconds):.1f} s in the median ({min(seconds):.1f} to {max(seconds):.1f})",
        "confirmed": lambda: f"{sessions.count(2):,} cells were confirmed once, {sessions.count(3):,} twice",
        "repeated": lambda: f"{sum(bool(line.repeats) for line in lines)} sessions were repeated",
        "noise": lambda: f"{median(sight.spread for sight in found):.0%}".replace("%", " %"),
        "visible": lambda: f"{median(seen):.0%} in the median of the cells, {min(seen):.0%} to {max(seen):.0%}".replace(
            "%", " %"
        ),
        "rules": lambda: rules(lines),
        "slowed": lambda: slowed(attempts),
        "injections": lambda: f"{len(changes)} changes for the worse",
        "seen_by": lambda: f"{_seen(changes, 'counters')} were found by the counters, "
        f"{_seen(changes, 'time')} by its time, {_seen(changes, 'nothing')} by nothing",
        "injected": lambda: injected(changes),
        "blocks": lambda: f"{len(blocks)} blocks",
        "missed": lambda: f"{_seen(blocks, 'counters') + _seen(blocks, 'time')} are missed",
        "unneeded": lambda: f"{_seen(blocks, 'nothing')} are called unneeded or replaceable",
        "left_out": lambda: left_out(blocks),
        "later.runs": lambda: f"{len(later)}",
        "later.red": lambda: f"{sum(line.red for line in later) or 'none'} red, "
        f"{sum(line.overall == 'inconclusive' for line in later) or 'none'} inconclusive",
        "later.load": lambda: f"load {median(line.load for line in later):.0f} in the median",
        "later.injections": lambda: f"{len(more)}",
        "later.seen_by": lambda: f"{_seen(more, 'counters')} by the counters, {_seen(more, 'rows')} by other rows",
        "later.injected": lambda: injected(more),
    }  # fmt: skip


def rules(lines: Sequence[RunLine]) -> str:
    """What simpler rules would have said of the same runs."""
    rows = [f"| {rule.name} | {rule.red} ({rule.red / rule.of:.0%}) | {rule.of} |" for rule in other_rules(lines)]
    return "\n".join(["| rule, on the same runs | red | of |", "|---|---|---|", *rows])


def slowed(attempts: Sequence[Attempt]) -> str:
    """Slow-downs of the CPU that were put in, and what was said of them."""
    rows = [
        "| slow-down of the CPU | put in | called a regression | measured: median, 5 % to 95 % |",
        "|---|---|---|---|",
    ]
    for share in sorted({attempt.share for attempt in attempts if attempt.kind == "cpu"}):
        group = [attempt for attempt in attempts if attempt.kind == "cpu" and attempt.share == share]
        red = sum(attempt.witness == "time" for attempt in group)
        ratios = [attempt.ratio - 1 for attempt in group]
        cuts = quantiles(ratios, n=20) if len(ratios) > 1 else ratios * 19
        rows.append(f"| +{share:.0%} | {len(group)} | {red} ({red / len(group):.0%}) | {median(ratios):+.0%}, "
                    f"{cuts[0]:+.0%} to {cuts[-1]:+.0%} |")  # fmt: skip
    return "\n".join(rows)


def injected(attempts: Sequence[Attempt]) -> str:
    """Each change for the worse."""
    rows = [f"| {a.name} | {a.kind} | {a.promised} | {a.witness} | {len(a.red)} | {a.detail} |" for a in attempts]
    head = ["| injection | kind | promised | seen by | red cells | first |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def left_out(attempts: Sequence[Attempt]) -> str:
    """Each optimization left out."""
    rows = [f"| {a.name} | {a.witness} | {len(a.red)} | {a.detail} |" for a in attempts]
    return "\n".join(
        ["| optimization left out | seen by | red cells | first, or why not |", "|---|---|---|---|", *rows]
    )


def _seen(attempts: Sequence[Attempt], witness: str) -> int:
    return sum(attempt.witness == witness for attempt in attempts)


if __name__ == "__main__":
    for name, text in figures(Path(sys.argv[1])).items():
        print(f"{name}: {text()}\n")
