"""The parameter classes of a query, chosen from the rows and tried by execution: hot, p90, median, tiny, empty, worst…

Each class is a SELECT in the query's file. A class that should return rows and returns none is chosen again, otherwise;
what is not found in the bounds of time is left out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from bench.inference.queries.choice import BASIC, LISTED, SHARE, Choice, reason
from bench.inference.queries.class_sql import SEARCHED, Shape, class_sql, owners_sql
from bench.inference.queries.describe import CLASS, PAGE, constant
from bench.inference.queries.found import quoted
from bench.inference.queries.shape import shape_of
from bench.inference.queries.surroundings import Surroundings
from bench.inference.queries.trial import NotRead, Seen, arguments, complete, tried
from bench.model import Query
from bench.syntax.tree import Node, NotParsed, inner, kind, walk
from bench.workload import sqlfile

SECONDS = 3.0
"""For all classes of one query; the search for the worst ends when they are over."""

TIMEOUT_MS = 1500
"""For one execution. What takes longer is certainly no good case, and is a class all the same."""

WORSE = 1.2
"""Times the work of the heaviest other class: below it a worst class says nothing new."""

MOST_TRIED = 24
"""Combinations in the search for the worst."""


@dataclass(slots=True)
class Chosen:
    """A query with its classes, and what each did when it was tried."""

    query: Query
    seen: dict[str, Seen] = field(default_factory=dict)
    failed: str = ""
    """Why it has no class that can be executed, in the server's words."""


def classes_for(around: Surroundings, query: Query, seconds: float = SECONDS) -> Query:
    """The query with classes of its own and a reason for each; as it was where nothing depends on the rows."""
    return choose(around, query, seconds).query


def choose(around: Surroundings, query: Query, seconds: float = SECONDS, *, ours: bool = False) -> Chosen:
    """Choose the classes of a query and execute it once for each, within ``seconds``.

    Classes that it has already stay; of those that are ``ours`` only the ones that can be executed.
    """
    if query.extra_classes or all(one.source != CLASS for one in query.parameters):
        return _as_it_is(around, query, ours=ours)
    try:
        shapes = [shape_of(around, query), shape_of(around, query, joint=False)]
    except NotParsed:  # the server's grammar is newer than the parser's
        known = {one.name: constant(one.type) for one in query.parameters if one.source == CLASS}
        given = tuple(replace(one, source=known.get(one.name, one.source)) for one in query.parameters)
        return _as_it_is(around, replace(query, parameters=given), ours=ours)
    return _Chooser(around, query, shapes, time.monotonic() + seconds).all()


def _as_it_is(around: Surroundings, query: Query, *, ours: bool) -> Chosen:
    chosen = Chosen(query)
    selects = {name: select for name, select in query.extra_classes.items() if not sqlfile.placeholders(select)}
    for name, select in selects.items() or [("all", "")]:
        try:
            found = arguments(around.connection, select, query, around.clock) if select else ({}, "")
        except NotRead as error:
            chosen.failed = chosen.failed or str(error)
            continue
        args = complete(query, found[0], around.clock) if found else None
        if found and args is not None:
            chosen.seen[name], chosen.query = _executed(around, chosen.query, args, found[1])
            chosen.failed = chosen.failed or chosen.seen[name].error
    good = {name for name, seen in chosen.seen.items() if not seen.error}
    if ours and selects:
        kept = {name: select for name, select in selects.items() if name in good}
        chosen.failed = chosen.failed or "no row to execute it for"
        why = {name: text for name, text in query.class_reasons.items() if name in kept}
        chosen.query = replace(chosen.query, extra_classes=kept, class_reasons=why)
    if good or not (ours or chosen.seen):
        chosen.failed = ""
    return chosen


def _executed(around: Surroundings, query: Query, args: dict[str, str | None], about: str) -> tuple[Seen, Query]:
    """Execute a query; one that turns out to write is marked so."""
    seen = tried(around.connection, query, args, about, TIMEOUT_MS)
    if "read-only transaction" in seen.error and not query.writes:
        query = replace(query, writes=True)
        seen = tried(around.connection, query, args, about, TIMEOUT_MS)
    return seen, query


@dataclass(slots=True)
class _Chooser:
    around: Surroundings
    query: Query
    shapes: Sequence[Shape]
    deadline: float
    seen: dict[str, Seen] = field(default_factory=dict)
    selects: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    failed: str = ""
    tries: dict[tuple[Choice, bool], tuple[str, Seen] | None] = field(default_factory=dict)

    @property
    def shape(self) -> Shape:
        return self.shapes[0]

    def all(self) -> Chosen:
        if self.is_unique():
            self.shapes = [replace(shape, unique=True) for shape in self.shapes]
        for name, choices in self.planned():
            self.take(name, choices)
        self.full_page()
        self.worst()
        if not self.selects:
            self.made_up()
        elif set(self.selects) == {"empty"} and (why := self.guarded()):
            self.reasons["empty"] += f"; {why}"
        query = replace(self.query, extra_classes=self.selects, class_reasons=self.reasons)
        return Chosen(query, self.seen, "" if self.selects else self.failed)

    # ------------------------------------------------------------------------------------------------------- which
    def planned(self) -> Iterator[tuple[str, list[Choice]]]:
        """Names of classes, each with choices to be tried in turn until one returns rows."""
        if self.shape.owners:
            for owner in ("median", "empty") if self.shape.unique else BASIC:
                yield owner, [*_ways(Choice(owner=owner))]
        elif self.shape.inserts and not self.shape.parts:
            yield "new", [Choice()]
            if any(kind(node) == "OnConflictClause" for node in walk(self.shape.analysis.top)):
                yield "existing", [Choice(existing=True)]
            return
        elif self.named("low", "high"):
            yield "typical", [*_ways(Choice())]
            yield "narrow", [Choice(share=0.01), Choice(share=0.03)]
            yield "wide", [Choice(share=1.0)]
        else:
            yield "common" if self.named(*SEARCHED) else "typical", [*_ways(Choice())]
        if self.named("pattern", "regex", "search", "contains"):
            yield "rare_pattern" if self.shape.owners else "rare", [Choice(pattern="rare")]
            if not self.shape.owners and self.named("pattern", "regex", "search"):
                yield "empty", [Choice(pattern="none")]
        if self.shape.owners and self.named("low", "high") and not self.shape.unique:
            yield "hot_wide", [Choice(share=1.0)]
        if self.shape.optional:
            yield "no_filter", [Choice(without_optional=True, share=1.0)]
        if self.shape.offsets:
            yield "deep", [Choice(deep=True, share=1.0)]

    def is_unique(self) -> bool:
        """Whether no owner has more than one row."""
        for shape in (one for one in self.shapes if one.owners):
            try:
                found = arguments(self.around.connection, owners_sql(shape), self.query, self.around.clock)
            except NotRead:
                continue
            if found:
                return (found[0]["max"] or "0") in ("0", "1")
        return False

    def named(self, *roles: str) -> list[str]:
        """The parameters of these roles, owners left out."""
        own = {use.number for use in self.shape.owners}
        return [
            self.shape.analysis.names[use.number - 1]
            for part in self.shape.parts
            for use in part.uses
            if use.role in roles and use.number not in own
        ]

    # ------------------------------------------------------------------------------------------------------ trying
    def take(self, name: str, choices: Sequence[Choice]) -> bool:
        """Keep the first choice that returns rows, if it is another one than those kept already."""
        first: tuple[Choice, bool, str, Seen] | None = None
        for choice in choices:
            for joint in (True, False):
                if self.late() and (self.selects or first):
                    break
                found = self.tried(choice, joint=joint)
                if not found or found[1].error:
                    continue
                first = first or (choice, joint, *found)
                if found[1].rows or found[1].timed_out or name in ("empty", "none"):
                    return self.keep(name, choice, *found)
        if first and not self.selects and name != "empty":
            return self.keep(name, first[0], first[2], first[3])
        return False

    def keep(self, name: str, choice: Choice, select: str, seen: Seen, more: str = "") -> bool:
        if any(seen.args == other.args for other in self.seen.values()):
            return False
        self.selects[name], self.seen[name] = select, seen
        empty = (
            "; found no row that meets all of it" if not seen.rows and name != "empty" and not seen.timed_out else ""
        )
        self.reasons[name] = f"{more}{self.why(choice)}{empty}"
        return True

    def tried(self, choice: Choice, *, joint: bool) -> tuple[str, Seen] | None:
        """A choice executed; None where it gives no values."""
        if (choice, joint) not in self.tries:
            self.tries[choice, joint] = self._tried(choice, self.shapes[0 if joint else 1])
        return self.tries[choice, joint]

    def _tried(self, choice: Choice, shape: Shape) -> tuple[str, Seen] | None:
        select = class_sql(shape, choice)
        if "\n" in select:  # a header's line holds none
            return None
        try:
            found = arguments(self.around.connection, select, self.query, self.around.clock)
        except NotRead as error:
            self.failed = self.failed or str(error)
            return None
        args = complete(self.query, found[0], self.around.clock) if found else None
        if not found or args is None:
            return None
        may_be_null = (
            {shape.analysis.names[number - 1] for number in shape.optional} if choice.without_optional else set()
        )
        written = {shape.analysis.names[use.number - 1] for use in shape.inserts}
        if any(value is None and name not in may_be_null | written for name, value in found[0].items()):
            return None
        seen, self.query = _executed(self.around, self.query, args, found[1])
        self.failed = self.failed or seen.error
        return select, seen

    def late(self) -> bool:
        return time.monotonic() > self.deadline

    def made_up(self) -> None:
        """Where the rows have no values: some that can at least be executed."""
        given = [one for one in self.query.parameters if one.source == CLASS]
        columns = ", ".join(f"{constant(one.type)}::{one.type} AS {quoted(one.name)}" for one in given)
        args = complete(self.query, {one.name: _plain(constant(one.type)) for one in given}, self.around.clock)
        if args is None:
            return
        seen, self.query = _executed(self.around, self.query, args, "")
        if seen.error:
            self.failed = self.failed or seen.error
            return
        self.selects["made_up"], self.seen["made_up"] = f"SELECT {columns}", seen
        names = ", ".join(one.name for one in given)
        why = self.guarded() or "no row has what the statement asks for"
        self.reasons["made_up"] = f"values made up for {names}: {why}"

    def guarded(self) -> str:
        """That row-level security may keep the rows from the role that asks, where it may."""
        origins = {
            origin[0] for level in self.shape.analysis.levels for of in level.sources.values() for origin in of.values()
        }
        known = self.around.relations.by_name
        found = sorted(name for name in origins if name in known and known[name].is_guarded)
        return f"row-level security of {', '.join(found)} shows the role that asks no such row" if found else ""

    # ----------------------------------------------------------------------------------------------------- extremes
    def full_page(self) -> None:
        """A class that reaches the LIMIT, where none does yet."""
        limit = self.limit()
        if not limit or any(seen.rows >= limit for seen in self.seen.values()) or self.shape.unique:
            return
        for choice in self.combinations():
            found = self.tried(choice, joint=True) if not self.late() else None
            if found and found[1].rows >= limit:
                self.keep("full_page", choice, *found, more=f"as many rows as LIMIT {limit} lets through: ")
                return

    def limit(self) -> int:
        """Rows that the statement returns at most; 0 where nothing says so."""
        top: Node = self.shape.analysis.top
        if kind(top) != "SelectStmt" or not top.HasField("limit_count"):
            return 0
        value = top.limit_count
        if kind(value) == "A_Const":
            return int(inner(value).ival.ival)
        return PAGE if any(use.role == "limit" for use in self.shape.analysis.uses) else 0

    def worst(self) -> None:
        """The most work among combinations of all that can be chosen, executed until time is over."""
        best: tuple[Choice, str, Seen] | None = None
        number = 0
        for choice in self.combinations():
            if self.late() or number >= MOST_TRIED:
                break
            found = self.tried(choice, joint=True)
            number += 1
            if found and not found[1].error and (best is None or found[1].work > best[2].work):
                best = (choice, *found)
        heaviest = max(self.seen.items(), key=lambda item: item[1].work, default=None)
        if best and heaviest and best[2].work > WORSE * heaviest[1].work:
            times = best[2].work / max(1, heaviest[1].work)
            how = (
                "it runs into the time limit" if best[2].timed_out else f"{times:,.1f} times the work of {heaviest[0]}"
            )
            self.keep(
                "worst", best[0], best[1], best[2], more=f"the most work of {number} combinations tried ({how}): "
            )

    def combinations(self) -> Iterator[Choice]:
        """All that can be chosen, likelier extremes first."""
        ranges, others = self.named("low", "high"), self.named("equal")
        patterns = self.named("pattern", "regex", "search", "contains")
        owners: list[int] = [1, 2, 3] if self.shape.owners and not self.shape.unique else [1]
        for pattern in ("rare", "none", "common") if patterns else ("common",):
            for share in (1.0, SHARE) if ranges else (SHARE,):
                for optional in (True, False) if self.shape.optional else (False,):
                    for which, nth in (("rare", 0), ("common", 0), ("common", 1)) if others else (("common", 0),):
                        for owner in owners:
                            yield Choice(owner, which, nth, share, pattern, optional)  # type: ignore[arg-type]

    # ------------------------------------------------------------------------------------------------------- words
    def why(self, choice: Choice) -> str:
        names = [self.shape.analysis.names[use.number - 1] for use in self.shape.owners]
        who = f"the {LISTED} {names[0]}" if self.shape.listed else f"the {' and '.join(names)}" if names else ""
        patterns = ", ".join(self.named("pattern", "regex", "search", "contains"))
        optional = ", ".join(self.shape.analysis.names[number - 1] for number in sorted(self.shape.optional))
        text = reason(
            choice, who=who, unique=self.shape.unique, others=", ".join(self.named("equal")),
            ranges=", ".join(self.named("low", "high")), patterns=patterns, optional=optional,
        )  # fmt: skip
        if self.shape.inserts:
            written = "keys that are there already" if choice.existing else "keys that are new"
            text = "; ".join(filter(None, [text, f"values like those of a row in the middle of the table, {written}"]))
        return text or "values from one row that the statement finds"


def _plain(literal: str) -> str:
    return literal[1:-1] if literal[:1] == "'" else literal


def _ways(choice: Choice) -> Iterator[Choice]:
    """Ways of choosing again what returned nothing."""
    yield choice
    yield replace(choice, share=1.0)
    for nth in (1, 2, 3, 5, 8):
        yield replace(choice, share=1.0, nth=nth)
