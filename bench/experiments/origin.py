"""Where a workload comes from, as its folder tells it."""

from __future__ import annotations

from dataclasses import dataclass

from bench.dataset.rules import is_inferred
from bench.inference.dataset_file import FILE
from bench.model.assumed import Assumed
from bench.workload import Workload


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an inferred workload comes from; all empty of one that was written by hand."""

    source: str = ""
    assumed: tuple[Assumed, ...] = ()
    plan_text: str = ""
    notes: tuple[str, ...] = ()
    inferred_queries: bool = False


def origin_of(workload: Workload) -> Origin:
    """What was assumed for ``workload``; nothing for one that was written by hand."""
    if not is_inferred(workload.root):
        return Origin()
    from bench.inference.dataset_file.assumed import assumed_in
    from bench.inference.folder import origin_in

    file = workload.root / FILE
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    source, probes, assumed = origin_in(workload.root)
    classes = tuple(
        Assumed("class", f"{query.name}[{name}]", "chosen by its SELECT", why)
        for query in workload.queries
        for name, why in query.class_reasons.items()
    )
    return Origin(source, (*assumed, *assumed_in(text), *classes), text, inferred_queries=probes)
