"""Indexes that could go: what the catalog says is superfluous, what no plan uses, what a candidate would stand for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.advice.candidates.context import Context
from bench.advice.candidates.seen import SeenQuery
from bench.advice.candidates.shapes import Shape
from bench.hygiene.findings import TITLES, UNSEEN, findings
from bench.hygiene.redundant_indexes import droppable, relation
from bench.model import Json
from bench.model.advice import Candidate
from bench.model.attribution import IndexFacts
from bench.model.schema import Table
from bench.plans.parse import walk
from bench.syntax.expressions import qualified, quoted

DROPPED = ("invalid", "duplicate", "unique", "reversed", "included", "prefix", "unused")
"""Findings that an index can be taken out for, those that lose nothing first."""


def drops(seen: Sequence[SeenQuery], context: Context) -> tuple[Candidate, ...]:
    """What could go by itself: nothing that a constraint, a foreign key or the identity of rows rests on."""
    used = {
        qualified(str(node["Index Name"]), str(node["Schema"]))
        if node.get("Schema")
        else quoted(str(node["Index Name"]))
        for one in seen
        for found in one.classes.values()
        for node in _with_schema(found.plan.plan)
        if node.get("Index Name")
    }
    by_name = {index.name: index for index in context.facts.indexes}
    found = findings(context.facts.indexes, context.facts.foreign_keys, used if seen else None)
    made = []
    for one in sorted(found, key=lambda f: (DROPPED.index(f.kind) if f.kind in DROPPED else 99, f.index)):
        if one.kind in DROPPED and one.fix.startswith("DROP INDEX") and not by_name[one.index].parent:
            about = f"{TITLES[one.kind].lower()}: {one.other}" if one.other else TITLES[one.kind].lower()
            says = f"{one.sentence} {UNSEEN}" if one.kind == "unused" else one.sentence
            made.append(_drop(by_name[one.index], about, says, context))
    return tuple(one for one in made if one)


def _with_schema(plan: Json) -> Iterator[Json]:
    """Nodes with the schema of the table that they are about: a bitmap's index scan does not say it itself."""
    for node in walk(plan):
        if node["Node Type"] == "Bitmap Heap Scan":
            yield from ({**below, "Schema": node.get("Schema")} for below in walk(node))
        elif node["Node Type"] != "Bitmap Index Scan":
            yield node


def _drop(index: IndexFacts, family: str, says: str, context: Context) -> Candidate | None:
    table = next((t for t in context.schema.tables if qualified(t.table, t.schema) == index.table), None)
    definition = context.facts.definitions.get(index.name, "")
    if table is None or not definition:
        return None
    own = next((one for one in table.indexes if qualified(one.name, table.schema) == index.name), None)
    if own is None:
        return None
    undo = definition.replace(" ON ONLY ", " ON ", 1) if index.partitioned else definition
    return Candidate(own.name, "drop", family, (table.name,), f"DROP INDEX {index.name}", undo, own, (), says)


# ---------------------------------------------------------------------------------------- what a candidate replaces
def with_replaced(candidates: Sequence[Candidate], shapes: dict[str, Shape], context: Context) -> tuple[Candidate, ...]:
    """Candidates with the names of what each of them can stand for: other candidates, and indexes that are there."""
    found = []
    for one in candidates:
        shape = shapes[one.name]
        others = [name for name, other in shapes.items() if name != one.name and _contains(shape, other)]
        own = [bare_name(index, shape.table) for index in _replaced(shape, context)]
        found.append(replace(one, replaces=(*sorted(others), *own)))
    return tuple(found)


def later(candidates: Sequence[Candidate], shapes: dict[str, Shape], context: Context) -> Iterator[Candidate]:
    """Drops of what is there, for when the candidate that stands for it has been made."""
    seen: set[str] = set()
    for one in candidates:
        for index in _replaced(shapes[one.name], context):
            if index.name not in seen:
                seen.add(index.name)
                says = f"{one.name}, once it is there, answers all that {index.name} answers."
                made = _drop(index, f"replaced by {one.name}", says, context)
                if made:
                    yield made


def _contains(shape: Shape, other: Shape) -> bool:
    return relation(other.facts(), shape.facts()) is not None and relation(shape.facts(), other.facts()) is None


def _replaced(shape: Shape, context: Context) -> list[IndexFacts]:
    return [
        index
        for index in context.there(shape.table)
        if not index.unique and droppable(index, context.facts.foreign_keys) and relation(index, shape.facts())
    ]


def bare_name(index: IndexFacts, table: Table) -> str:
    """The name of an index of the table, unquoted."""
    return next((i.name for i in table.indexes if qualified(i.name, table.schema) == index.name), index.name)
