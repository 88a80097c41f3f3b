"""What is wrong with the indexes of a schema, and the statement that mends it. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.cells.index_use import bare
from bench.hygiene.fk_indexes import READS_MORE, nearest, needed, serves
from bench.hygiene.redundant_indexes import Redundant, Relation, clashing, droppable, redundant, twins
from bench.model.attribution import ForeignKeyFacts, IndexFacts
from bench.report.numbers import count, digits, listed, plural, size

MUCH_SMALLER = 2.0
"""A narrow index of half the size or less: what scans a range of it reads at least twice as many pages of the wider
one. Users object to advice that overlooks this (pghero, issue 354)."""

LOW_DENSITY = 50 / 90
"""Share of the fillfactor below which a B-tree is called sparse: leaf pages half full where a new index fills them to
90 %. Random inserts settle near 70 % (PostgreSQL, nbtsort.c), so this takes deletes or moving keys; the monitoring
queries of pgx_scripts draw the line at one half as well. A rebuild saves 45 % or more."""

FILLFACTOR = 90
"""Percent to which a B-tree's leaf pages are filled when it is built (PostgreSQL manual, CREATE INDEX)."""

SMALL_BYTES = 1_000_000
"""A B-tree below this is not called sparse: there is half a megabyte to win. Ten times that in production is what
pgx_scripts asks for; a dataset of ours is a sample of production."""

HygieneKind = Relation | Literal["invalid", "unindexed foreign key", "unused", "low density"]
TITLES: Mapping[HygieneKind, str] = {
    "invalid": "Invalid",
    "duplicate": "Exact duplicates",
    "unique": "Redundant beside a unique index",
    "reversed": "The same, read backwards",
    "included": "Contained in one that carries more columns",
    "prefix": "The beginning of another",
    "unindexed foreign key": "Foreign keys without an index",
    "unused": "Used by nothing that was measured",
    "low density": "Sparse",
}
"""What each kind is called, in the order of the report."""
KINDS = tuple(TITLES)

BY_CATALOG = (
    "All of this is read from the catalog and from measured plans; nothing was dropped, made or rebuilt to see what "
    "that does to a query or to the target. Try one as an optimization: then it is executed."
)
"""What has to be said above all findings, once."""
UNSEEN = "Whatever was not measured, jobs and procedures for example, may use an index that no measured plan shows."
"""What has to be said beside ``unused`` findings, once."""


@dataclass(frozen=True, slots=True)
class HygieneFinding:
    """One thing that is wrong, and what mends it."""

    kind: HygieneKind
    index: str
    """``schema.index``, quoted as the catalog quotes it; of an unindexed foreign key its own name."""
    table: str
    other: str
    """The index that makes it superfluous, or that comes nearest to serving the foreign key; may be empty."""
    sentence: str
    size_bytes: int
    """Of the index; 0 for a foreign key."""
    fix: str
    """SQL, a statement a line; empty where a person has to decide."""


def findings(
    indexes: Sequence[IndexFacts], foreign_keys: Sequence[ForeignKeyFacts], used: Collection[str] | None
) -> tuple[HygieneFinding, ...]:
    """Everything that is wrong with ``indexes``, each index once, worst kinds first and the largest first in each.

    ``used`` names the indexes of the measured plans, and others known to be used, with or without schema; None when no
    plan was seen: then nothing is called unused. A partitioned index is judged as one, not part by part.
    """
    valid = [index for index in indexes if index.valid]
    seen = _used(valid, foreign_keys, used) if used is not None else {index.name for index in valid}
    plans = seen if used is not None else set()
    found, leaving = [*_invalid(indexes)], set[str]()
    for own, keys in _by_table(valid, foreign_keys):
        unused = _unused(own, keys, seen)
        going = redundant(own, keys, unused)
        left = unused - {one.index.name for one in going}
        leaving |= left | {one.index.name for one in going}
        found += [
            *(_superfluous(one, one.index.name in plans) for one in going),
            *(_clash(first, second) for first, second in clashing(own)),
            *(_never_used(index) for index in own if index.name in left),
        ]
    indexed: dict[str, list[IndexFacts]] = {}
    for index in valid:
        indexed.setdefault(index.table, []).append(index)
    found += [one for key in foreign_keys if (one := _unindexed(key, indexed.get(key.table, ())))]
    found += _sparse(valid, leaving)
    return tuple(sorted(found, key=lambda f: (KINDS.index(f.kind), -f.size_bytes, f.index, f.table)))


def _by_table(
    valid: Sequence[IndexFacts], foreign_keys: Sequence[ForeignKeyFacts]
) -> Iterator[tuple[list[IndexFacts], list[ForeignKeyFacts]]]:
    """The indexes of each table, with the foreign keys that it has or that rest on one of them.

    No rule looks at two tables, and comparing all with all took half a minute for 250 tables.
    """
    tables: dict[str, list[IndexFacts]] = {}
    for index in valid:
        tables.setdefault(index.table, []).append(index)
    owner = {index.name: index.table for index in valid}
    keys: dict[str, list[ForeignKeyFacts]] = {}
    for key in foreign_keys:
        for table in {key.table, owner.get(key.key_index, key.table)}:
            keys.setdefault(table, []).append(key)
    for table, own in tables.items():
        yield own, keys.get(table, [])


# ----------------------------------------------------------------------------------------------- who is needed
def _used(valid: Sequence[IndexFacts], foreign_keys: Sequence[ForeignKeyFacts], used: Collection[str]) -> set[str]:
    """The indexes that plans use; what uses a part uses the whole, and a twin's plans are those of the one kept."""
    found = {index.name for index in valid if index.name in used or bare(index.name) in used}
    parents = {index.name: index.parent for index in valid if index.parent}
    for name in tuple(found):
        while name := parents.get(name, ""):
            found.add(name)
    return found | {best.name for name, best in twins(valid, foreign_keys).items() if name in found}


def _unused(valid: Sequence[IndexFacts], foreign_keys: Sequence[ForeignKeyFacts], used: Collection[str]) -> set[str]:
    """The indexes that no plan uses and nothing else needs either."""
    free = {i.name for i in valid if i.name not in used and not i.unique and droppable(i, foreign_keys)}
    twin = twins(valid, foreign_keys)
    single = [index for index in valid if index.name not in twin]
    return free - needed(single, foreign_keys, free)


# ------------------------------------------------------------------------------------------------- the findings
def _drop(index: IndexFacts) -> str:
    return f"DROP INDEX {'' if index.partitioned else 'CONCURRENTLY '}{index.name};"


def _invalid(indexes: Sequence[IndexFacts]) -> Iterator[HygieneFinding]:
    for index in indexes:
        if index.valid:
            continue
        if index.partitioned:
            fix = ""
            says = "a partition has no index attached to it: create it there, then ALTER INDEX … ATTACH PARTITION"
        elif re.search(r"_cc(new|old)\d*\"?$", index.name):
            fix, says = _drop(index), "REINDEX CONCURRENTLY left it behind when it failed"
        else:
            fix = _rebuild(index)
            says = "its build failed half-way, and writes may keep it up to date all the same"
            if index.unique:
                says += ". While there are rows that are not unique, it will fail again"
        sentence = f"{index.name} is invalid, so no query uses it: {says}."
        yield HygieneFinding("invalid", index.name, index.table, "", sentence, index.size_bytes, fix)


def _superfluous(found: Redundant, used: bool) -> HygieneFinding:
    index, other = found.index, found.other
    kept = f"{other.name} ({size(other.size_bytes)}{_constraint(other)})"
    says = {
        "duplicate": f"is the same as {kept}",
        "unique": f"has the keys of {kept}, which is unique besides",
        "reversed": f"is {kept} read backwards",
        "included": f"has the keys of {kept}, which carries more columns besides",
        "prefix": f"is the beginning of {kept}{_backwards(found)}",
    }[found.kind]
    sentence = f"{index.name} ({size(index.size_bytes)}) {says}."
    if used:
        sentence += f" Measured plans use it, and can use {other.name} instead."
    wider = found.kind in ("prefix", "included")
    if wider and index.size_bytes and other.size_bytes >= MUCH_SMALLER * index.size_bytes:
        times = digits(other.size_bytes / index.size_bytes)
        sentence += f" What is lost: the wider one is {times} times as large, so scanning a range of it takes longer."
    return HygieneFinding(found.kind, index.name, index.table, other.name, sentence, index.size_bytes, _drop(index))


def _constraint(index: IndexFacts) -> str:
    return f", constraint {index.constraint}" if index.constraint else ""


def _backwards(found: Redundant) -> str:
    return "" if found.other.keys[: len(found.index.keys)] == found.index.keys else " read backwards"


def _clash(first: IndexFacts, second: IndexFacts) -> HygieneFinding:
    sentence = (
        f"{second.name} ({size(second.size_bytes)}) is the same as {first.name} ({size(first.size_bytes)}), and each "
        f"belongs to a constraint. Constraint {second.constraint} can go when nothing refers to it any more: foreign "
        f"keys, ON CONFLICT ON CONSTRAINT."
    )
    return HygieneFinding("duplicate", second.name, second.table, first.name, sentence, second.size_bytes, "")


def _unindexed(key: ForeignKeyFacts, valid: Sequence[IndexFacts]) -> HygieneFinding | None:
    if any(serves(index, key) for index in valid):
        return None
    columns, near = ", ".join(key.columns), nearest(key, valid)
    sentence = f"{key.name}: no index of {key.table} leads with ({columns})."
    if near is None:
        rows = plural(key.table_rows, "row") if key.table_rows else "rows"
        sentence += f" For each row deleted from {key.references} all its {rows} are read."
    else:
        sentence += f" {near.index.name} finds by {listed(near.columns)} alone: "
        if near.sharing is None:
            sentence += "how much that reads cannot be told without statistics."
        else:
            sentence += (
                f"for a row deleted from {key.references} what refers to up to {count(near.sharing)} is read, where "
                f"up to {READS_MORE:g} would do."
            )
    fix = f"CREATE INDEX {'' if key.partitioned else 'CONCURRENTLY '}ON {key.table} ({columns});"
    other = near.index.name if near else ""
    return HygieneFinding("unindexed foreign key", key.name, key.table, other, sentence, 0, fix)


_COLUMN = re.compile(r'"(?:[^"]|"")*"|[a-z_\u0080-\uffff][\w$]*')


def _never_used(index: IndexFacts) -> HygieneFinding:
    named = f"{index.name} ({size(index.size_bytes)})"
    sentence = f"{named} is in no measured plan, so no verdict hangs on it, and no constraint or foreign key needs it."
    expressions = [key.text for key in index.keys if not _COLUMN.fullmatch(key.text)]
    if expressions:
        sentence += f" Its statistics on {listed(expressions)} may still guide the planner."
    return HygieneFinding("unused", index.name, index.table, "", sentence, index.size_bytes, _drop(index))


def _sparse(valid: Sequence[IndexFacts], leaving: Collection[str]) -> Iterator[HygieneFinding]:
    by_name = {index.name: index for index in valid}
    parts: dict[str, list[IndexFacts]] = {}
    for index in valid:
        root = _root(index, by_name)
        if _is_sparse(index) and root not in leaving:
            parts.setdefault(root, []).append(index)
    for root, sparse in parts.items():
        worst = min(sparse, key=lambda index: index.leaf_density or 0)
        sentence = (
            f"{worst.name} ({size(worst.size_bytes)}): its leaf pages are {worst.leaf_density:.0f} % full, those of a "
            f"new index {_fillfactor(worst.options)} %; below {LOW_DENSITY:.0%} of that it is sparse."
        )
        if len(sparse) > 1:
            sentence += f" {plural(len(sparse) - 1, 'more part')} of {root} fell below {LOW_DENSITY:.0%} of that, too."
        fix, total = "\n".join(map(_rebuild, sparse)), sum(index.size_bytes for index in sparse)
        yield HygieneFinding("low density", root, by_name[root].table, "", sentence, total, fix)


def _is_sparse(index: IndexFacts) -> bool:
    if index.leaf_density is None or index.size_bytes < SMALL_BYTES:
        return False
    return index.leaf_density < LOW_DENSITY * _fillfactor(index.options)


def _root(index: IndexFacts, by_name: dict[str, IndexFacts]) -> str:
    while index.parent in by_name:
        index = by_name[index.parent]
    return index.name


def _fillfactor(options: Iterable[str]) -> int:
    return next((int(o.removeprefix("fillfactor=")) for o in options if o.startswith("fillfactor=")), FILLFACTOR)


def _rebuild(index: IndexFacts) -> str:
    exclusion = index.constraint and not index.unique  # REINDEX refuses CONCURRENTLY there
    return f"REINDEX INDEX {'' if exclusion else 'CONCURRENTLY '}{index.name};"
