"""Print what a selftest found, as the tables of docs/gate.md: python benchmarks/gate_worth.py AA_LOG INJECT_LOG."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

from bench.experiments.selftest.record import Attempt, RunLine, read_attempts, read_log
from bench.experiments.selftest.sensitivity import other_rules, sights, upper_bound


def main() -> None:
    """Print the tables."""
    alarms(read_log(Path(sys.argv[1])))
    injected(read_attempts(Path(sys.argv[2])))


def alarms(lines: Sequence[RunLine]) -> None:
    """The A/A series."""
    words: dict[str, int] = {}
    for line in lines:
        words[line.overall] = words.get(line.overall, 0) + 1
    red = sum(line.red for line in lines)
    seconds = [line.seconds for line in lines]
    cells = sum(len(line.cells) for line in lines)
    print(f"{len(lines)} runs, {lines[0].at[:16]} to {lines[-1].at[:16]} UTC, {cells:,} cells: {words}.")
    print(f"Red: {red}; rate at most {upper_bound(red, len(lines)):.2%} (95 % confidence).")
    print(f"Seconds a run: median {median(seconds):.1f}, {min(seconds):.1f} to {max(seconds):.1f}; "
          f"load when they ended: median {median(line.load for line in lines):.1f}, at most "
          f"{max(line.load for line in lines):.1f}.")  # fmt: skip
    print(f"Runs with a repeated session: {sum(bool(line.repeats) for line in lines)}.")
    sessions = [cell.sessions for line in lines for cell in line.cells]
    print(f"Cells that were confirmed once: {sessions.count(2)}, twice: {sessions.count(3)}.\n")
    print("| rule, on the same runs | red | of |\n|---|---|---|")
    for rule in other_rules(lines):
        print(f"| {rule.name} | {rule.red} ({rule.red / rule.of:.0%}) | {rule.of} |")
    found = sights(lines)
    seen = [sight.detectable for sight in found]
    print(f"\nSmallest visible slow-down: median {median(seen):.0%}, {min(seen):.0%} to {max(seen):.0%}; blindest: "
          + ", ".join(f"{sight.cell} {sight.detectable:.0%}" for sight in found[:5]))  # fmt: skip
    print(f"Noise of a pair: median {median(sight.spread for sight in found):.0%}.\n")


def injected(attempts: Sequence[Attempt]) -> None:
    """What was put in."""
    print("| slow-down of the CPU | put in | called a regression | measured: median, 5 % to 95 % |\n|---|---|---|---|")
    for share in sorted({attempt.share for attempt in attempts if attempt.kind == "cpu"}):
        group = [attempt for attempt in attempts if attempt.kind == "cpu" and attempt.share == share]
        red = sum(attempt.witness == "time" for attempt in group)
        ratios = [attempt.ratio - 1 for attempt in group]
        cuts = quantiles(ratios, n=20) if len(ratios) > 1 else ratios * 19
        print(f"| +{share:.0%} | {len(group)} | {red} ({red / len(group):.0%}) | {median(ratios):+.0%}, "
              f"{cuts[0]:+.0%} to {cuts[-1]:+.0%} |")  # fmt: skip
    print("\n| injection | kind | promised | seen by | red cells | first |\n|---|---|---|---|---|---|")
    for attempt in attempts:
        if attempt.kind not in ("cpu", "left out"):
            print(f"| {attempt.name} | {attempt.kind} | {attempt.promised} | {attempt.witness} | {len(attempt.red)} | "
                  f"{attempt.detail} |")  # fmt: skip
    print("\n| optimization left out | seen by | red cells | first, or why not |\n|---|---|---|---|")
    for attempt in attempts:
        if attempt.kind == "left out":
            print(f"| {attempt.name} | {attempt.witness} | {len(attempt.red)} | {attempt.detail} |")


if __name__ == "__main__":
    main()
