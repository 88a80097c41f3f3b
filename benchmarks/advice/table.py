"""The comparison as tables for docs/advise.md, from what was executed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from statistics import mean
from typing import Any

NAMES = {
    "nothing": "as it is",
    "planted": "the planted ten",
    "one by one": "one column at a time",
    "greedy": "pairs of columns",
    "measured": "`pgproof advise`",
}
"""Advisers in words."""

HEAD = (
    "| Workload | Advice | Found | Halved | Queries met | Changes | Disk | Write cost | No help when executed "
    "| Traps | Slower, unsaid | Proposed again | Seconds |"
)
RULE = "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"


def table(workloads: Mapping[str, Mapping[str, Any]]) -> str:
    """A row for each workload and adviser."""
    return "\n".join([HEAD, RULE, *_rows(workloads)])


def _rows(workloads: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, adviser, found in _each(workloads):
        yield "| " + " | ".join(row(name, adviser, found)) + " |"


def row(workload: str, adviser: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    """The figures of one adviser."""
    writes = found["write_ratio"].values()
    return (
        workload,
        NAMES[adviser],
        f"{found['found']} of {found['planted']}",
        str(found["halved"]),
        f"{found['met']} of {found['queries']}",
        str(found["changes"]),
        f"{found['disk_bytes'] / 2**20:.1f} MiB",
        f"{mean(writes) - 1:+.0%}" if writes else "",
        str(found["helps_not"]),
        str(len(found["traps"])),
        str(len(found["slower_unwarned"])),
        str(len(found["again"])) if "again" in found else "",
        f"{found['seconds']:.0f}" if found["seconds"] else "",
    )


def false_helps(workloads: Mapping[str, Mapping[str, Any]]) -> str:
    """Every proposal that the planner's cost promised to help and that did not when it was built and executed."""
    return "\n".join(
        ["| Workload | Advice | Proposal | For | Cost promised | Work, executed | Time, executed |",
         "|---|---|---|---|---:|---:|---:|", *_false(workloads)]
    )  # fmt: skip


def _false(workloads: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    for name, adviser, found in _each(workloads):
        for proposal in found["proposals"]:
            if proposal["helps"] or proposal["saving"] is None or not proposal["cells"]:
                continue
            label, cell = max(proposal["cells"].items(), key=lambda item: _ratio(item[1]["work"]))
            yield (
                f"| {name} | {NAMES[adviser]} | `{proposal['ddl'].removeprefix('CREATE INDEX ON ')}` | {label} "
                f"| {1 / max(1e-9, 1 - proposal['saving']):,.1f}× less "
                f"| {cell['work'][0]:,} → {cell['work'][1]:,} | {cell['ms'][0]:.1f} → {cell['ms'][1]:.1f} ms |"
            )


def _each(workloads: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Workload, adviser and what became of it, in one order."""
    for name in sorted(workloads):
        yield from (
            (name, one, workloads[name]["advisers"][one]) for one in NAMES if one in workloads[name]["advisers"]
        )


def _ratio(pair: list[float]) -> float:
    return pair[1] / max(1, pair[0])
