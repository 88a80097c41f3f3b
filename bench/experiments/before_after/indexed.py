"""What a run says on the page of all results: whether the target is met, warm, cold and aged; its time and its work."""

from __future__ import annotations

from bench.experiments.before_after.cold import ColdSummary
from bench.experiments.before_after.summary import RunSummary
from bench.experiments.entries import figures_of, judged, void
from bench.model import Run
from bench.overview.record import Answer, Answers, Figure


def answers(run: Run, summary: RunSummary) -> Answers:
    """A run of some of the queries, or of none, tells nothing of all."""
    if not summary.pairs_measured:
        return {}
    counted = summary.after or summary.before
    bad, some = counted.misses + counted.differ + counted.failed, counted.cannot_tell or run.left_out
    found: Answers = {"meets": judged(no=bad or void(summary.alarms, run.status), unknown=some)}
    if summary.cold and (cold := _cold(summary.cold, bool(run.left_out))):
        found["cold"] = cold
    if run.aged:
        found["ageing"] = found["meets"]
    return found


def _cold(cold: ColdSummary, some: bool) -> Answer | None:
    outcomes = {row.side(cold.state).outcome for row in cold.rows} - {None}
    return judged(no="misses" in outcomes, unknown=some or "cannot tell" in outcomes) if outcomes else None


def figures(run: Run, summary: RunSummary) -> tuple[Figure, ...]:
    """Time and work of all cells, in the state that counts."""
    cells = [cell for query in summary.queries for cell in query.cells]
    sides = (
        (f"{cell.query}/{cell.parameter_class}", cell.after if summary.has_after else cell.before) for cell in cells
    )
    noise = max(summary.noise.noise.usual_percent, run.copies.percent if run.copies else 0.0)
    return figures_of(sides, run.dataset, run.server, run.machine, noise)
