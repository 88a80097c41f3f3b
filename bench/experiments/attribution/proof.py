"""What executing the smallest set of optimizations alone has shown, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.cells.cell import rank
from bench.experiments.attribution.smallest_set import held
from bench.model import Attribution, Run, Sample, SetTried, Verdict
from bench.report import numbers
from bench.statistics.quantiles import Figure, judge, percentile

NAMED_MOST = 6
"""Optimizations that the sentence names; the table marks all of them."""


CLEARLY = 0.25
"""Executions that all took less than this share of the target prove that a plan meets it, however few they are."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The smallest set: whether it is enough, and the sentence that says so."""

    verdict: Verdict
    """``misses`` where a cell that it was chosen to keep under the target is over it."""
    sentence: str
    kept: tuple[str, ...]


def prove(run: Run, size: Mapping[str, int]) -> Proof | None:
    """Hold the smallest set of ``run`` against the target; None where none was tried.

    ``size`` is what each optimization takes on disk.
    """
    attribution = run.attribution
    if attribution is None or attribution.smallest is None or not attribution.cells:
        return None
    tried, target_ms = attribution.smallest, run.options.target_ms
    timed = {
        cell: tuple(Sample(ms, 0.0, censored=ms >= 1e3 * run.options.timeout_s) for ms in times)
        for cell, times in tried.samples_ms.items()
    }
    promised = {f"{cell.query}[{cell.parameter_class}]" for cell in held(attribution, target_ms)}
    judged = {cell: _held_against(samples, target_ms) for cell, samples in timed.items() if cell in promised}
    seen = _p95(run, timed, promised)
    missed = _worst_first([cell for cell, verdict in judged.items() if verdict == "misses"], seen)
    unclear = _worst_first([cell for cell, verdict in judged.items() if verdict == "cannot tell"], seen)
    verdict: Verdict = "misses" if missed else "cannot tell" if unclear else "meets"
    chosen = _chosen(run, tried, size, _whom(attribution, promised, f"{target_ms:g} ms"), tried_out=not missed)
    return Proof(verdict, f"{chosen}{_outcome(tried, seen, missed, unclear, target_ms)}.", tried.kept)


def _held_against(samples: Sequence[Sample], target_ms: float) -> Verdict:
    """A cell far below the target needs no more executions to be sure."""
    if samples and max(sample.ms for sample in samples) < CLEARLY * target_ms:
        return "meets"
    return judge(samples, target_ms).verdict


def _p95(run: Run, timed: Mapping[str, Sequence[Sample]], promised: set[str]) -> dict[str, Figure]:
    """The p95 of each cell with the set alone; where its plan is the one with all, as the run measured that."""
    measured = {f"{pair.query}[{pair.parameter_class}]": pair.after.samples for pair in run.pairs}
    return {
        cell: found for cell, samples in (measured | dict(timed)).items()
        if cell in promised and (found := percentile(samples, 0.95))
    }  # fmt: skip


def _whom(attribution: Attribution, promised: set[str], target: str) -> str:
    if len(promised) == len(attribution.cells):
        return f"every query under {target}"
    return f"under {target} what all of them bring well under it ({len(promised)} of {len(attribution.cells)} cells)"


def _chosen(run: Run, tried: SetTried, size: Mapping[str, int], whom: str, *, tried_out: bool) -> str:
    total, kept = len(run.applied), len(tried.kept)
    if not kept:
        needed = "is needed to keep" if tried_out else "seemed to be needed to keep"
        return f"None of {numbers.plural(total, 'optimization')} {needed} {whom}"
    named = f"{numbers.listed(tried.kept, NAMED_MOST)} ({numbers.size(sum(size.get(name, 0) for name in tried.kept))})"
    of = f"{kept} of {numbers.plural(total, 'optimization')}"
    if not tried_out:
        return f"{of} {'was' if kept == 1 else 'were'} chosen as the fewest that keep {whom}: {named}"
    return f"{of} {'keeps' if kept == 1 else 'keep'} {whom}: {named}"


def _outcome(
    tried: SetTried, seen: Mapping[str, Figure], missed: Sequence[str], unclear: Sequence[str], target_ms: float
) -> str:
    how = "executed alone" if tried.kept else "executed without any"
    if missed:
        found = numbers.listed([f"{cell} takes {numbers.figure(seen[cell])}" for cell in missed], 3)
        return f". That is not enough: {how}, {found} (p95)"
    if not seen:
        return ""
    slowest = max(seen, key=lambda cell: rank(seen[cell]))
    said = f"; {how}, the slowest cell takes {numbers.figure(seen[slowest])} (p95 of {slowest})"
    if unclear:
        said += f". Too close to {target_ms:g} ms to tell, or too noisy: {numbers.listed(unclear, 3)}"
    return said


def _worst_first(cells: Sequence[str], seen: Mapping[str, Figure]) -> list[str]:
    return sorted(cells, key=lambda cell: rank(seen.get(cell)), reverse=True)
