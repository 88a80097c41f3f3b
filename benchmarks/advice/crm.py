"""The CRM without its optimizations: what ``pgproof advise`` says, against the blocks that were written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

from bench.model import Optimization
from benchmarks.advice.ground import Ground
from benchmarks.advice.judge import Look, Seen, query_of


def against_hand(ground: Ground, advised: Sequence[Optimization]) -> dict[str, Any]:
    """Every cell as it is, with the hand-written blocks and their rewrites, and with what was advised alone."""
    with ground.with_changes(()) as (database, _):
        looks = {"bare": ground.look(database)}
        prices = {"bare": ground.price(database)}
    with ground.with_changes(ground.setup.workload.optimizations) as (database, by_hand):
        looks["hand"], prices["hand"] = ground.look(database, state="after"), ground.price(database)
    with ground.with_changes(advised) as (database, applied):
        looks["advised"], prices["advised"] = ground.look(database), ground.price(database)
    target_ms = ground.setup.workload.target_ms
    return {
        "scale": ground.setup.options.scale, "target_ms": target_ms,
        "disk_bytes": {"hand": sum(one.size_bytes for one in by_hand), "advised": sum(o.size_bytes for o in applied)},
        "changes": {"hand": len(by_hand), "advised": len(applied)},
        "price": prices,
        "queries": by_query(looks, target_ms),
        "lost": lost(looks["hand"], looks["advised"], target_ms),
        "cells": {state: {label: {"work": seen.work, "ms": seen.ms} for label, seen in look.items()}
                  for state, look in looks.items()},
    }  # fmt: skip


def by_query(looks: Mapping[str, Look], target_ms: float) -> dict[str, dict[str, Any]]:
    """Of each query and state its slowest cell, and how many of its cells meet the target."""
    found: dict[str, dict[str, Any]] = {}
    for state, look in looks.items():
        for label, seen in look.items():
            one = found.setdefault(query_of(label), {}).setdefault(state, {"ms": 0.0, "work": 0, "met": 0, "cells": 0})
            one["ms"], one["work"] = max(one["ms"], seen.ms), max(one["work"], seen.work)
            one["met"] += _met(seen, target_ms)
            one["cells"] += 1
    return found


def lost(hand: Look, advised: Look, target_ms: float) -> list[str]:
    """Cells that meet the target with the hand-written blocks and not with the advice."""
    return [label for label, seen in hand.items() if _met(seen, target_ms) and not _met(advised[label], target_ms)]


def _met(seen: Seen, target_ms: float) -> bool:
    return not seen.error and seen.ms <= target_ms


def table(found: Mapping[str, Any]) -> str:
    """A row for each query: the slowest cell of each state, the largest gap between the two sets first."""
    lines = [
        "| Query | Classes met: as it is, by hand, advised | Slowest, as it is | By hand | Advised "
        "| Most blocks, as it is | By hand | Advised |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for query, one in sorted(found["queries"].items(), key=lambda item: -item[1]["advised"]["ms"]):
        states = [one[state] for state in ("bare", "hand", "advised")]
        met = ", ".join(f"{state['met']}" for state in states) + f" of {states[0]['cells']}"
        ms = " | ".join(f"{state['ms']:,.1f} ms" for state in states)
        work = " | ".join(f"{state['work']:,}" for state in states)
        lines.append(f"| {query} | {met} | {ms} | {work} |")
    return "\n".join(lines)


def in_words(found: Mapping[str, Any]) -> str:
    """Scale, and what each set meets and costs."""
    cells = sum(one["bare"]["cells"] for one in found["queries"].values())
    said = []
    for state, word in (("hand", "by hand"), ("advised", "advised")):
        met = sum(one[state]["met"] for one in found["queries"].values())
        more = mean(found["price"][state][one] / bare for one, bare in found["price"]["bare"].items() if bare) - 1
        size = found["disk_bytes"][state] / 10**6
        said.append(
            f"{word} {found['changes'][state]} blocks, {size:,.0f} MB, {more:+.0%} WAL, {met} of {cells} classes met"
        )
    lost = len(found["lost"])
    ends = (
        f"{lost} of the classes that are met by hand are missed" if lost else "no class that is met by hand is missed"
    )
    return f"at {found['scale']:,} leads {'; '.join(said)}; with the advice {ends}"
