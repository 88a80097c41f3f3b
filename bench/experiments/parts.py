"""What the documents of runs share: the answer in words, its tiles, and a part of the page for each query."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from bench.cells.records import QuerySummary
from bench.model import Query
from bench.report.document import GAP, TEXT, Block, Facts, Fold, Line, Part, Sentences, Span, Table, verdict
from bench.report.markdown import PROSE
from bench.report.plans import ComparedPlans

Places = Mapping[str, str]
"""Where each query stands in the page, by name."""


class Shown(Protocol):
    """A query as a document has it."""

    @property
    def query(self) -> Query:
        """As the workload has it."""

    @property
    def summary(self) -> QuerySummary:
        """What was decided of it."""

    @property
    def plans(self) -> ComparedPlans | None:
        """Those that the page has room for."""


One = TypeVar("One", bound=Shown)


def tile(value: str, note: str) -> Line:
    """A figure, and what it is of."""
    return (value, " ", Span(note, small=True)) if note else value


def answer_in_text(tables: Sequence[Table], paragraph: Sequence[str], next_steps: Sequence[Line]) -> Iterator[Block]:
    """The first screen of a terminal and a comment: what is known, in sentences, and what to do."""
    if tables:
        yield GAP
        yield from tables
    yield GAP
    yield Sentences((" ".join(paragraph),), "paragraph", most=5 * PROSE, formats=TEXT)
    yield Sentences(tuple(next_steps), "list", mark="→ ", most=2 * PROSE, formats=TEXT)


def answer(
    paragraph: Sequence[str], title: str, next_steps: Sequence[str], tiles: Iterator[tuple[str, Line]]
) -> tuple[Block, ...]:  # fmt: skip
    """The same on a page."""
    steps = Part(title, (Sentences(tuple(next_steps), "steps"),), kind="next", level=2)
    return Sentences(tuple(paragraph)), steps, Facts(tuple(tiles), "tiles")


def query_parts(queries: Sequence[One], places: Places, blocks: Callable[[One], Iterator[Block]]) -> Iterator[Block]:
    """Each query under its verdict, to be found by name, table and verdict; what plans say in words comes first."""
    meanings = dict(pair for one in queries if one.plans for pair in one.plans.meanings)
    if meanings:
        yield Fold("What do the words in these plans mean?", (Facts(tuple(meanings.items()), "meanings"),), "words")
    for one in queries:
        find = " ".join((one.summary.title, one.query.name, one.summary.outcome, *one.query.tables)).lower()
        title = (one.summary.title, " ", verdict(one.summary.outcome))
        yield Part(title, tuple(blocks(one)), places[one.query.name], find=find)
