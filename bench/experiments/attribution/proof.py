"""What executing the smallest set of optimizations has shown: that it is enough, and that no member can go. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.cells.cell import rank
from bench.model import LeftOut, Run, Sample, SetTried, Verdict
from bench.report import numbers
from bench.statistics.verdicts import Judgement, judge

NAMED_MOST = 6
"""Optimizations that the sentence names; the table marks all of them."""


@dataclass(frozen=True, slots=True)
class Executed:
    """One cell executed with a set of optimizations."""

    cell: str
    judgement: Judgement
    executions: int


@dataclass(frozen=True, slots=True)
class Member:
    """One member of the set, taken out: it is needed where a cell then ``misses`` the target."""

    name: str
    verdict: Verdict
    worst: Executed | None
    """The cell that says so, or that comes nearest to it."""
    reason: str
    """What the verdict rests on."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The smallest set: whether it is enough, whether each member is needed, and the sentences that say so."""

    verdict: Verdict
    """``misses`` where a cell that meets the target with all optimizations does not with the set."""
    sentence: str
    kept: tuple[str, ...]
    members: tuple[Member, ...]
    """In the order of ``kept``; empty where no member was taken out."""
    reasons: tuple[str, ...] = ()
    """The sentences after the first: what executing it has shown."""


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of a run with the set, by what that says."""

    met: tuple[Executed, ...]
    missed: tuple[Executed, ...]
    unclear: tuple[Executed, ...]
    beyond: tuple[Executed, ...]
    """Those that miss with all optimizations, too."""

    @property
    def verdict(self) -> Verdict:
        return "misses" if self.missed else "cannot tell" if self.unclear else "meets"


def prove(run: Run, size: Mapping[str, int]) -> Proof | None:
    """Hold the smallest set of ``run`` against the target; None where none was tried.

    ``size`` is what each optimization takes on disk.
    """
    attribution = run.attribution
    if attribution is None or attribution.smallest is None or not attribution.cells:
        return None
    tried = attribution.smallest
    cells = _cells(run, tried)
    left_out = {one.name: one for one in tried.members}
    members = tuple(_member(run, name, left_out.get(name)) for name in tried.kept) if tried.members else ()
    said = [_chosen(run, tried, size, cells), *_outcome(run, tried, cells)]
    if cells.verdict != "misses":
        said += _minimal(tried, members)
    if tried.note:
        said.append(f"It was not executed to the end: {tried.note}")
    return Proof(cells.verdict, " ".join(f"{one}." for one in said), tried.kept, members, tuple(said[1:]))


def _cells(run: Run, tried: SetTried) -> _Cells:
    """A cell that was not executed with the set has the plan that it has with all, and counts as the run timed it."""
    measured = {f"{pair.query}[{pair.parameter_class}]": pair.after.samples for pair in run.pairs}
    met, missed, unclear, beyond = [], [], [], []
    for label in (cell.label for cell in run.attribution.cells) if run.attribution else ():
        with_set = _executed(run, label, tried.samples_ms.get(label), measured.get(label, ()))
        if with_set.judgement.verdict == "meets":
            met.append(with_set)
            continue
        with_all = _executed(run, label, tried.all_ms.get(label), measured.get(label, ())).judgement.verdict
        if with_all == "misses":
            beyond.append(with_set)
        elif with_set.judgement.verdict == "misses" and (with_all == "meets" or label not in tried.all_ms):
            missed.append(with_set)
        else:
            unclear.append(with_set)
    return _Cells(*(tuple(sorted(found, key=_p95, reverse=True)) for found in (met, missed, unclear, beyond)))


def _executed(run: Run, label: str, times: Sequence[float] | None, measured: Sequence[Sample] = ()) -> Executed:
    samples = measured if times is None else _samples(run, label, times)
    return Executed(label, judge(samples, run.options.target_ms), len(samples))


def _samples(run: Run, label: str, times: Sequence[float]) -> tuple[Sample, ...]:
    tried = run.attribution.smallest if run.attribution else None
    bindings, timeout_ms = tried.bindings.get(label, 1) if tried else 1, 1e3 * run.options.timeout_s
    return tuple(Sample(ms, 0.0, at % bindings, censored=ms >= timeout_ms) for at, ms in enumerate(times))


def _p95(one: Executed) -> tuple[bool, float]:
    return rank(one.judgement.p95)


def _member(run: Run, name: str, left_out: LeftOut | None) -> Member:
    if left_out is None:
        why = run.attribution.not_tried.get(name, "") if run.attribution else ""
        return Member(name, "cannot tell", None, f"it could not be taken out: {why}" if why else "it was not taken out")
    found = [_executed(run, label, times) for label, times in left_out.samples_ms.items()]
    misses = [one for one in found if one.judgement.verdict == "misses"]
    open_cells = [one for one in found if one.judgement.verdict == "cannot tell"]
    worst = max(misses or open_cells, key=_p95, default=None)
    if worst is None:
        return Member(name, "cannot tell", None, "the cells that it changes were not executed to the end")
    return Member(name, worst.judgement.verdict, worst, worst.judgement.reason)


# -------------------------------------------------------------------------------------------------- the sentences
def _chosen(run: Run, tried: SetTried, size: Mapping[str, int], cells: _Cells) -> str:
    total, kept = len(run.applied), len(tried.kept)
    enough, target = cells.verdict == "meets", f"{run.options.target_ms:g} ms"
    whom = f"every query under {target}"
    if cells.beyond:
        under = len(cells.met) + len(cells.missed) + len(cells.unclear)
        whom = f"under {target} what all of them bring under it ({under} of {under + len(cells.beyond)} cells)"
    if not kept:
        needed = "is needed to keep" if enough else "seemed to be needed to keep"
        return f"None of {numbers.plural(total, 'optimization')} {needed} {whom}"
    named = f"{numbers.listed(tried.kept, NAMED_MOST)} ({numbers.size(sum(size.get(name, 0) for name in tried.kept))})"
    of = f"{kept} of {numbers.plural(total, 'optimization')}"
    if not enough:
        return f"{of} {'was' if kept == 1 else 'were'} chosen as the fewest that keep {whom}: {named}"
    return f"{of} {'keeps' if kept == 1 else 'keep'} {whom}: {named}"


def _outcome(run: Run, tried: SetTried, cells: _Cells) -> list[str]:
    how = "Executed with these alone" if tried.kept else "Executed without any"
    if cells.missed:
        found = [f"{one.cell} takes {numbers.figure(one.judgement.p95)}" for one in cells.missed]
        return [f"That is not enough: {how[0].lower()}{how[1:]}, {numbers.listed(found, 3)} (p95)"]
    said = []
    if cells.met:
        first = cells.met[0]
        number = numbers.plural(len(cells.met), "cell")
        all_of = f"all {number}" if not cells.unclear and len(cells.met) > 1 else number
        said.append(
            f"{how}, {all_of} {'meets' if len(cells.met) == 1 else 'meet'} the target ({_times(cells.met)}), the "
            f"slowest at {numbers.figure(first.judgement.p95)} (p95 of {first.cell}){_assumed(cells.met)}"
        )
    if cells.unclear:
        named = numbers.listed([f"{one.cell} ({one.judgement.reason})" for one in cells.unclear], 3)
        said.append(f"Cannot tell whether the target is met in {named}")
    return said


def _assumed(cells: Sequence[Executed]) -> str:
    assumed = [one.judgement.assumes for one in cells if one.judgement.assumes]
    return f"; {len(assumed)} of them assuming {max(assumed, key=len)}" if assumed else ""


def _times(cells: Sequence[Executed]) -> str:
    counts = [one.executions for one in cells]
    few, many = min(counts), max(counts)
    return f"{few} executions each" if few == many else f"{few} to {many} executions each"


def _minimal(tried: SetTried, members: Sequence[Member]) -> list[str]:
    if not tried.kept:
        return []
    if not members:
        return ["Whether each of them is needed was not executed"]
    said = []
    if proved := [one.name for one in members if one.verdict == "misses"]:
        of = "them" if len(proved) == len(members) else numbers.listed(proved, NAMED_MOST)
        if len(members) == 1:
            said.append("Without it at least one cell misses the target")
        else:
            said.append(f"Taking out any one of {of} makes at least one cell miss the target")
    unproved: dict[str, list[str]] = {}
    for one in members:
        if one.verdict != "misses":
            unproved.setdefault(one.reason, []).append(one.name)
    said += [
        f"Cannot tell whether {numbers.listed(names, NAMED_MOST)} could go: {why}" for why, names in unproved.items()
    ]
    if tried.dropped:
        went = numbers.listed(tried.dropped, NAMED_MOST)
        said.append(f"Chosen at first and taken out, because every cell meets the target without: {went}")
    return said
