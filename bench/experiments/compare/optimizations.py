"""The proposed changes of several runs: which came, went, or have another text, and what each took."""

from __future__ import annotations

from collections.abc import Sequence

from bench.experiments.compare.record import ComparedOptimization, OptimizationInRun, Presence
from bench.model import Optimization, Run


def optimizations(runs: Sequence[Run]) -> tuple[ComparedOptimization, ...]:
    """Lay the optimizations of ``runs`` side by side, in the order of the files; the first run is the reference."""
    blocks = [{block.name: block for block in run.optimizations} for run in runs]
    names = dict.fromkeys(name for of in blocks for name in of)
    return tuple(
        ComparedOptimization(
            name=name,
            category=next(of[name].category for of in reversed(blocks) if name in of),
            runs=tuple(_in_run(name, run, of, blocks[0]) for run, of in zip(runs, blocks, strict=True)),
        )
        for name in names
    )


def text(block: Optimization) -> tuple[str, ...]:
    """The statements of ``block``."""
    return tuple(statement.sql.strip() for statement in block.statements)


def _in_run(
    name: str, run: Run, blocks: dict[str, Optimization], reference: dict[str, Optimization]
) -> OptimizationInRun:
    applied = next((one for one in run.applied if one.name == name), None)
    presence: Presence = "same"
    if name not in blocks:
        presence = "gone" if name in reference else "absent"
    elif name not in reference:
        presence = "new"
    elif text(blocks[name]) != text(reference[name]):
        presence = "changed"
    elif blocks[name].statements and applied is None:
        presence = "not applied"
    return OptimizationInRun(presence, applied.size_bytes if applied else None, applied.build_ms if applied else None)
