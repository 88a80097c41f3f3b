"""The tables that get rows of their own, each with all that its rows have to obey.

Rows of a partitioned table are copied into the table itself and find their partition, so what only a partition demands
(an index, a foreign key) counts as the table's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.inference.limits import Comparison, limits_of
from bench.inference.limits.expression import Expr, read
from bench.model.schema import Column, ForeignKey, Index, Schema, Table

_DEFAULT = re.compile(r"\(?NOT\b")
"""How the bounds of a default partition begin."""
_HASH = re.compile(r"(?:^| AND )satisfies_hash_partition\((?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True, slots=True)
class Subject:
    """A table to fill."""

    table: Table
    leaves: tuple[Table, ...] = ()
    """Its partitions that hold rows, at any depth."""
    keys: tuple[Index, ...] = ()
    """What no two rows may share: unique indexes, exclusion constraints; the primary key first."""
    references: tuple[ForeignKey, ...] = ()
    own: frozenset[str] = frozenset()
    """Columns of composite references that the parent has from this table: (id, newest_id) to the row's children."""

    @property
    def name(self) -> str:
        """Of the table, qualified."""
        return self.table.name


def subjects(schema: Schema, found: Iterable[tuple[str, ForeignKey]] = ()) -> dict[str, Subject]:
    """The tables to fill by name; ``found`` are references that the schema does not declare."""
    more: dict[str, list[ForeignKey]] = {}
    for name, key in found:
        more.setdefault(name, []).append(key)
    chosen = [table for table in schema.tables if not (table.partition_of or table.foreign)]
    made = {table.name: _subject(table, schema.by_name, more.get(table.name, ())) for table in chosen}
    return {name: replace(one, own=_own(one, made)) for name, one in made.items()}


def _own(subject: Subject, chosen: Mapping[str, Subject]) -> frozenset[str]:
    pairs = [
        (column, reference.table, to)
        for reference in subject.references
        if len(reference.columns) > 1 and reference.table != subject.name
        for column, to in zip(reference.columns, reference.to, strict=True)
    ]
    others = {c for r in subject.references for c in r.columns if len(r.columns) == 1 or r.table == subject.name}
    found = {column for column, table, to in pairs if _comes_back(chosen, table, to, (subject.name, column))}
    given = {column for column, _, _ in pairs} - found
    return frozenset(found - others - given)


def _comes_back(chosen: Mapping[str, Subject], table: str, column: str, place: tuple[str, str]) -> bool:
    """Whether a column refers to ``place``, by however many tables."""
    seen, ahead = set[tuple[str, str]](), [(table, column)]
    while ahead:
        here = ahead.pop()
        if here == place:
            return True
        if here not in seen and here[0] in chosen:
            seen.add(here)
            ahead += [
                (reference.table, to)
                for reference in chosen[here[0]].references
                for name, to in zip(reference.columns, reference.to, strict=True)
                if name == here[1]
            ]
    return False


def _subject(table: Table, by_name: Mapping[str, Table], more: Sequence[ForeignKey]) -> Subject:
    leaves = _routed(table, [by_name[leaf] for leaf in table.partitioning.leaves]) if table.partitioning else ()
    indexes = (index for one in (table, *leaves) for index in one.indexes if _forbids(index))
    keys = [replace(index, columns=_of_keys(index)) for index in {_essence(index): index for index in indexes}.values()]
    references = {(key.columns, key.table, key.to): key for one in (table, *leaves) for key in one.foreign_keys}
    named = {column.name for column in table.columns if not column.generated or constant(column) is not None}
    declared = [_to_root(key, by_name) for key in references.values() if key.enforced and set(key.columns) <= named]
    taken = {column for key in declared for column in key.columns}
    found = [key for key in more if not taken & set(key.columns)]
    keys.sort(key=lambda index: (not index.primary, len(index.columns), index.name))
    return Subject(table, leaves, tuple(keys), _tied(table, keys, (*declared, *found)))


def constant(column: Column) -> str | None:
    """The one value of a generated column that every row has."""
    node = read(column.default) if column.generated else None
    return node.name if node is not None and node.kind == "const" else None


def _tied(table: Table, keys: Sequence[Index], references: tuple[ForeignKey, ...]) -> tuple[ForeignKey, ...]:
    """References that also give the column of a key where a CHECK says that it is equal to one of theirs."""
    given = {column for key in references for column in key.columns}
    own = {column for key in keys for column in key.columns if not table.column(column).generated} - given
    for check in table.checks:
        if not (check.enforced and own & set(check.columns) and given & set(check.columns)):
            continue
        for left, right in _equal(replace(table, checks=(check,), bounds="")):
            place = next((n for n, key in enumerate(references) if left in key.columns), None)
            if right in own and place is not None and table.column(left).type == table.column(right).type:
                key = references[place]
                both = replace(key, columns=(*key.columns, right), to=(*key.to, key.to[key.columns.index(left)]))
                return (*references[:place], both, *references[place + 1 :])
    return references


def _equal(table: Table) -> Iterator[tuple[str, str]]:
    """Columns that are equal where one alternative of the table's CHECK holds, each pair in both orders."""
    for relation in limits_of(table)[1]:
        for one in relation.alternatives:
            match one.comparisons:
                case (Comparison(Expr("column", left), "=", Expr("column", right)),) if left != right:
                    yield from ((left, right), (right, left))


def _routed(table: Table, leaves: Sequence[Table]) -> tuple[Table, ...]:
    """The partitions with those bounds that rows have to look at: none where one of them takes what all others refuse,
    and none about a remainder, since some partition has each.
    """
    if any(leaf.partition_of == table.name and _DEFAULT.match(leaf.bounds) for leaf in leaves):
        return tuple(replace(leaf, bounds="") for leaf in leaves)
    return tuple(replace(leaf, bounds=_HASH.sub("", leaf.bounds)) for leaf in leaves)


def _of_keys(index: Index) -> tuple[str, ...]:
    """The columns that its keys mention, without those of its predicate alone."""
    if not index.predicate:
        return index.columns
    words = {word for key in index.keys if key not in index.columns for word in re.findall(r"\w+", key)}
    return tuple(name for name in index.columns if name in index.keys or name in words)


def _forbids(index: Index) -> bool:
    return index.unique or bool(index.operators)


def _essence(index: Index) -> tuple[object, ...]:
    return index.keys, index.predicate, index.operators, index.nulls_not_distinct


def _to_root(key: ForeignKey, by_name: Mapping[str, Table]) -> ForeignKey:
    """The same key, to the partitioned table where it refers to one of its partitions."""
    name = key.table
    while name in by_name and by_name[name].partition_of:
        name = by_name[name].partition_of
    return replace(key, table=name)
