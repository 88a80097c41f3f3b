"""What the four sides cannot tell, in sentences: a reader has to know it before acting on a figure."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from bench.attribution.gains import was_stopped
from bench.model import Attribution, Run
from bench.report import numbers

NEW_COPIES = (
    "Every copy of the database was new: its tables had no dead rows and its indexes were perfectly packed. On a "
    "database that has been written to for long, scans of the same plan touch more pages."
)
CACHED = (
    "Everything was in memory. Where a buffer has to come from disk, one that an optimization saves is worth more than "
    "its time here says."
)
NOT_MEASURED = {
    "write_costs": "Write costs were not measured: no statement wrote with and without each optimization.",
    "stored": "Sizes are those after the build: nothing was written to the indexes afterwards to see them grow.",
    "shipped": "Shipping was not measured: no optimization was applied under load.",
}


def limits(run: Run, attribution: Attribution, *, unused_known: bool) -> tuple[str, ...]:
    """Say everything that the figures of ``attribution`` leave open."""
    return (
        *attribution.notes,
        *(f"{name} could not be taken away and tried: {why}." for name, why in attribution.not_tried.items()),
        *_shares(attribution),
        *(text for name, text in NOT_MEASURED.items() if not getattr(attribution, name)),
        *([f"Phase of writes: {attribution.churn.note}."] if attribution.churn and attribution.churn.note else []),
        *_load(attribution),
        *([] if unused_known or not attribution.indexes else [_unused_unknown(run)]),
        *([NEW_COPIES, CACHED] if attribution.cells else []),
    )


def _shares(attribution: Attribution) -> Iterator[str]:
    cells = attribution.cells
    if not cells:
        yield "Gains were not measured: no cell was executed with and without each optimization."
        return
    sampled = [cell for cell in cells if cell.orders]
    if sampled:
        orders = max(len(cell.orders) for cell in sampled)
        yield (
            f"Shares are exact in {len(cells) - len(sampled)} of {numbers.plural(len(cells), 'cell')}. In the others "
            f"so many optimizations matter that they are the mean over {numbers.plural(orders, 'order')} of applying "
            f"them: they add up all the same, but other orders would give somewhat other shares."
        )
    else:
        yield f"Shares are exact in all {numbers.plural(len(cells), 'cell')}: every set that matters was tried."
    if stopped := sum(was_stopped(cell) for cell in cells):
        yield (
            f"{numbers.plural(stopped, 'cell')} ran into the statement timeout with some set of optimizations: no "
            f"share in buffers there, and shares in time are too small."
        )


def _load(attribution: Attribution) -> Iterator[str]:
    load = attribution.load
    if load is None:
        return
    if load.note:
        yield f"Load while shipping: {load.note}."
    if load.quiet_ms:
        yield (
            f"While nothing was applied, the longest transaction of {numbers.ms(load.window_ms)} took "
            f"{numbers.ms(median(load.quiet_ms))} in the median and {numbers.ms(max(load.quiet_ms))} at most: a stall "
            f"of that length says nothing."
        )


def _unused_unknown(run: Run) -> str:
    why = "queries were left out of this run" if run.left_out else "not every query has a plan"
    return f"Which indexes are unused cannot be told: {why}."
