"""Foreign keys that no index supports: deleting a parent, or changing its key, reads the whole child table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.advice.candidates.btree import TINY_PAGES
from bench.advice.candidates.context import Context
from bench.advice.candidates.idea import Idea
from bench.advice.candidates.seen import SeenQuery
from bench.advice.candidates.shapes import Key, Shape
from bench.hygiene.fk_indexes import serves
from bench.model.attribution import ForeignKeyFacts
from bench.model.schema import ForeignKey, Table
from bench.plans.parse import walk
from bench.report.numbers import count
from bench.syntax.expressions import qualified, quoted


def ideas(seen: Sequence[SeenQuery], context: Context) -> Iterator[Idea]:
    """An index for each of them, whether or not a query deletes parents: some job will."""
    tables = {qualified(table.table, table.schema): table for table in context.schema.tables}
    for key in context.facts.foreign_keys:
        table = tables.get(key.table)
        if table is None or context.table(table).pages <= TINY_PAGES:
            continue
        own = next((one for one in table.foreign_keys if quoted(one.name) == key.name), None)
        if own and not any(serves(index, key) for index in context.facts.indexes):
            yield from _idea(table, own, key, seen, context)


def _idea(
    table: Table, own: ForeignKey, key: ForeignKeyFacts, seen: Sequence[SeenQuery], context: Context
) -> Iterator[Idea]:
    keys = context.ordered(table, [Key(quoted(column), (column,)) for column in own.columns])
    pages = context.table(table).pages
    removing = list(_removing(own.table, seen))
    says = f"{key.name}: each row that is deleted from {own.table}, or changes its key, reads {count(pages)} pages of "
    says += f"{table.name} for the rows that refer to it"
    for query in removing or [""]:
        done = f", as {query} does" if query else "; no query here does so"
        yield Idea(Shape(table, "btree", keys), "foreign key", query, f"{says}{done}.", pages if query else 0)


def _removing(parent: str, seen: Sequence[SeenQuery]) -> Iterator[str]:
    """Queries that delete rows of the table."""
    for one in seen:
        nodes = [node for found in one.classes.values() for node in walk(found.plan.plan)]
        if any(
            node.get("Operation") == "Delete"
            and f"{node.get('Schema', parent.partition('.')[0])}.{node.get('Relation Name')}" == parent
            for node in nodes
        ):
            yield one.query.name
