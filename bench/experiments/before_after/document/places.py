"""Where queries and their classes stand in the page; from the order of the run, which stays when the figures move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.experiments.attribution.document import Links
from bench.experiments.before_after.details import QueryDetails
from bench.model import Run
from bench.report.html.anchors import anchors


@dataclass(frozen=True, slots=True)
class Place:
    """A query with its title, and its classes in the order of the run."""

    ident: str
    title: str
    classes: tuple[str, ...]

    def worst(self, one: QueryDetails) -> str:
        """The place of the class that is worst, if one was measured."""
        cells = zip(self.classes, one.cells, strict=True)
        return next((place for place, cell in cells if cell.summary is one.summary.worst), self.ident)


Places = Mapping[str, Place]


def links(found: Places) -> Links:
    """Place and title of each query."""
    return {name: (place.ident, place.title) for name, place in found.items()}


def places(run: Run) -> Places:
    """The place of each query of ``run``, by name."""
    found = {}
    for query, ident in zip(run.queries, anchors("query", [query.name for query in run.queries]), strict=True):
        classes = [pair.parameter_class for pair in run.pairs if pair.query == query.name]
        found[query.name] = Place(ident, query.title, anchors(f"{ident}-", classes))
    return found
