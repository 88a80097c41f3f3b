"""Which clauses of the queries their classes exercise, decided from what was seen. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.model import ClauseCoverage, ClauseSeen
from bench.report import numbers
from bench.report.document import Cell, Column, Row, Table, marked
from bench.report.numbers import listed, plural

ClauseWord = Literal["told apart", "not reached", "cannot tell", "not tried"]
"""``not reached``: every class answers the same with and without it. ``cannot tell``: without it the statement ran into
the timeout."""

TURNED = "turned"
NAMED = 3
"""Clauses that a sentence names; the table has all."""


@dataclass(frozen=True, slots=True)
class CoverageSummary:
    """The clauses by what is said of them; those that nothing tests in the order of the files."""

    total: int
    told: int
    holes: tuple[tuple[ClauseSeen, ClauseWord], ...]
    """All that were not told apart."""
    by_query: tuple[tuple[str, int, int], ...]
    """Title of a query, clauses of it that were told apart, and all."""
    sentences: tuple[str, ...]

    @property
    def percent(self) -> float:
        """How many of the changed clauses some class tells from the original; 100 where there is none."""
        return 100.0 * self.told / self.total if self.total else 100.0


def joined(*parts: ClauseCoverage | None) -> ClauseCoverage | None:
    """The clauses of statements that read and of those that write together; None where neither was tried."""
    found = [part for part in parts if part is not None]
    if not found:
        return None
    budgets = [part.budget_s for part in found if part.budget_s is not None]
    return ClauseCoverage(
        clauses=tuple(seen for part in found for seen in part.clauses),
        timeout_s=found[0].timeout_s,
        budget_s=max(budgets) if budgets else None,
        took_s=sum(part.took_s for part in found),
        not_parsed={query: why for part in found for query, why in part.not_parsed.items()},
        known=sum(part.known for part in found),
    )


def word(seen: ClauseSeen) -> ClauseWord:
    """What is said of one clause."""
    if seen.told_by:
        return "told apart"
    if not seen.tried:
        return "not tried"
    return "cannot tell" if seen.cut_off else "not reached"


def summarize_coverage(coverage: ClauseCoverage, titles: Mapping[str, str], run_s: float | None) -> CoverageSummary:
    """Decide; ``run_s`` is what the whole run took, of which it was a part."""
    holes = tuple((seen, said) for seen in coverage.clauses if (said := word(seen)) != "told apart")
    told = len(coverage.clauses) - len(holes)
    counted: dict[str, list[bool]] = {}
    for seen in coverage.clauses:
        counted.setdefault(seen.query, []).append(bool(seen.told_by))
    return CoverageSummary(
        total=len(coverage.clauses),
        told=told,
        holes=holes,
        by_query=tuple((titles.get(query, query), sum(found), len(found)) for query, found in counted.items()),
        sentences=tuple(_sentences(coverage, told, holes, run_s)),
    )


def _sentences(
    coverage: ClauseCoverage, told: int, holes: Sequence[tuple[ClauseSeen, ClauseWord]], run_s: float | None
) -> Iterator[str]:
    total = len(coverage.clauses)
    yield f"{told} of {plural(total, 'changed clause')} {'is' if told == 1 else 'are'} told apart by a class."
    # Conditions and limits first: a direction that orders nothing is mostly a last key, for a total order.
    ordered = sorted(holes, key=lambda hole: hole[0].change == TURNED)
    missed = list(dict.fromkeys(f"{seen.clause} of {seen.query}" for seen, said in ordered if said == "not reached"))
    if missed:
        verb = "is" if len(missed) == 1 else "are"
        yield f"{listed(missed, NAMED)} {verb} reached by no class."
    open_ = {said: sum(one == said for _, one in holes) for said in ("cannot tell", "not tried")}
    if open_["cannot tell"]:
        yield f"{open_['cannot tell']} ran into the timeout of {numbers.seconds(coverage.timeout_s)}."
    if open_["not tried"] and coverage.budget_s is not None:
        limit = numbers.seconds(coverage.budget_s)
        yield f"{open_['not tried']} {_were(open_['not tried'])} not tried within {limit}: pgproof coverage tries all."
    yield from (f"{query} was left out: {why}." for query, why in coverage.not_parsed.items())
    share = f", {100 * coverage.took_s / run_s:.0f} % of the run" if run_s else ""
    known = f"; {coverage.known} of them were known from the same rows" if coverage.known else ""
    yield f"That took {numbers.seconds(coverage.took_s)}{share}{known}."


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def clauses_table(summary: CoverageSummary) -> Table:
    """The clauses that nothing tests, a row each."""
    return Table(
        label="Clauses that no class reaches",
        columns=(
            Column("Query"), Column("Line", number=True, rank=2), Column("Clause"), Column("Changed", rank=1),
            Column("Says"), Column("Executions", number=True, rank=3),
        ),
        rows=tuple(_row(seen, said) for seen, said in summary.holes),
        caption=marked(
            "Each clause was changed, and the statement executed with every binding of every class. *Not reached*: no "
            "answer was another one, so a statement without that clause would pass every comparison."
        ),
        sortable=True,
        filter_label="Filter the clauses",
    )  # fmt: skip


def _row(seen: ClauseSeen, said: ClauseWord) -> Row:
    return (
        Cell(seen.query), Cell(str(seen.line)), Cell(seen.clause), Cell(seen.change),
        Cell(said, "over" if said == "not reached" else "quiet"), Cell(str(seen.tried)),
    )  # fmt: skip
