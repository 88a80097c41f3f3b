"""Plans in words for a reader who does not know EXPLAIN: what a step does, and what a change comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bench.plans import Change, Step
from bench.report import numbers

BLOCK_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Kind:
    """``doing``: what a sentence calls the step, with its table and index. ``means``: what the glossary says."""

    doing: str
    means: str


KINDS = {
    "Seq Scan": Kind("reading the whole table {table}", "reads the whole table and keeps the rows that match."),
    "Index Scan": Kind(
        "reading {table} by {index}",
        "walks the index to the entries that match, then fetches each row from the table.",
    ),
    "Index Only Scan": Kind(
        "reading only {index} of {table}",
        "has all it needs in the index and leaves the table alone, but for rows on pages changed since the last VACUUM "
        "(heap fetches). The visibility map says which pages those are: one more block whenever the next row is on "
        "another part of it, and a part covers 255 MB of the table.",
    ),
    "Bitmap Heap Scan": Kind(
        "reading the pages of {table} found through {index}",
        "reads the pages of the table that the bitmap below names, each once and in their order on disk.",
    ),
    "Bitmap Index Scan": Kind(
        "listing pages by {index}", "walks an index and notes on which pages of the table rows may match."
    ),
    "BitmapAnd": Kind("combining bitmaps", "keeps the pages that all bitmaps below name."),
    "BitmapOr": Kind("combining bitmaps", "keeps the pages that any bitmap below names."),
    "Tid Scan": Kind("fetching rows of {table} by their place", "fetches rows whose place in the table is known."),
    "Function Scan": Kind("reading the rows that a function returns", "takes its rows from a function."),
    "Values Scan": Kind("reading a list of values", "takes its rows from a list in the statement."),
    "CTE Scan": Kind(
        "reading the result of a WITH query", "reads the rows that a WITH query has put aside, which runs once."
    ),
    "WorkTable Scan": Kind("reading the last round of a recursion", "reads what the last round of a recursion found."),
    "Subquery Scan": Kind("passing on a subquery", "passes on the rows of a subquery, filtered or renamed."),
    "Result": Kind("computing values", "computes values without reading a table."),
    "Sort": Kind(
        "sorting", "collects all rows and puts them in order; nothing can be passed on before the last one is in."
    ),
    "Incremental Sort": Kind(
        "sorting in small groups",
        "gets rows that are in order by the first columns already and sorts each group of equals by the rest.",
    ),
    "Limit": Kind("stopping after the first rows", "stops when it has as many rows as were asked for."),
    "Aggregate": Kind(
        "counting and summing up",
        "makes one row of many: counts, sums, groups. GroupAggregate needs its rows in order, HashAggregate keeps a "
        "table of all groups in memory.",
    ),
    "Group": Kind("grouping", "makes one row of each group of equal rows, which arrive in order."),
    "WindowAgg": Kind("computing window functions", "computes window functions over rows that are in order."),
    "Unique": Kind("dropping duplicates", "drops a row that equals the one before."),
    "SetOp": Kind("comparing two sets of rows", "does EXCEPT or INTERSECT."),
    "Nested Loop": Kind(
        "joining row by row",
        "runs its second input once for each row of the first: cheap where the first has few rows, dear where many.",
    ),
    "Hash Join": Kind(
        "joining through a hash table",
        "puts one input into a hash table in memory and looks each row of the other up in it; both are read once.",
    ),
    "Hash": Kind("filling a hash table", "puts its rows into the hash table of the join above."),
    "Merge Join": Kind("joining two sorted inputs", "walks two inputs that are in the same order side by side."),
    "Append": Kind("putting inputs together", "passes on the rows of its inputs, one input after the other."),
    "Merge Append": Kind(
        "merging inputs in order", "passes on the rows of its sorted inputs so that the whole stays in order."
    ),
    "Recursive Union": Kind(
        "recursion", "repeats its second input with what the last round found, until that is none."
    ),
    "Materialize": Kind("keeping rows for reuse", "keeps the rows below, so that reading them again costs less."),
    "Memoize": Kind("remembering results", "remembers the rows it found for a key, for when the key comes again."),
    "Gather": Kind("collecting from parallel workers", "collects the rows of several processes that work in parallel."),
    "Gather Merge": Kind(
        "collecting from parallel workers in order", "collects the sorted rows of parallel processes, in order."
    ),
    "LockRows": Kind("locking rows", "locks each row against changes by others (FOR UPDATE)."),
    "ModifyTable": Kind(
        "writing to {table}",
        "inserts, updates or deletes the rows that it gets; each index of the table that is concerned is written too.",
    ),
    "Custom Scan": Kind(
        "asking the nodes of the cluster",
        "is done by an extension. Citus Adaptive sends a statement to each shard that is concerned, on the node where "
        "it lies, and puts the answers together; what the shards do hangs below it.",
    ),
    "ProjectSet": Kind("expanding rows", "makes several rows of one where a function returns a set."),
}
"""By node type of EXPLAIN's JSON. A type that is not here is shown by its name alone."""


def sentences(found: Sequence[Change]) -> tuple[tuple[str, str], ...]:
    """Say what changed, in plain words and as EXPLAIN names it.

    What reads or writes a table has a sentence of its own, and so has a step that became another; the steps that are
    only gone or only new share one each, after those.
    """
    told = [change for change in found if (change.before and change.after) or _own(change)]
    said = [(_plain(change), change.words) for change in told]
    for word, gone in (("No longer", True), ("New", False)):
        rest = [change for change in found if change not in told and bool(change.before) == gone]
        steps = [_doing(step) for change in rest if (step := change.before or change.after)]
        if steps:
            said.append((f"{word}: {_counted(steps)}.", "; ".join(change.words for change in rest)))
    return tuple(said)


def _own(change: Change) -> bool:
    step = change.before or change.after
    return bool(step and step.node.relation)


def _counted(names: Sequence[str]) -> str:
    """Join names in the order of their first appearance, with how often where that is more than once."""
    times = Counter(names)
    return "; ".join(name if number == 1 else f"{name} ({number} times)" for name, number in times.items())


def _plain(change: Change) -> str:
    before, after = change.before, change.after
    if before and after:
        return f"{_what_became(before, after)}{_moved(before, after)}."
    if step := before or after:
        return f"{'No longer' if before else 'New'}: {_doing(step)}: {_blocks(step.reads)}."
    return ""


def _what_became(before: Step, after: Step) -> str:
    one, other = _doing(before), _doing(after)
    if one != other:
        return f"{_capital(one)} became {other}"
    if before.node.method != after.node.method:
        return f"{_capital(one)} is done as {after.node.method}, not {before.node.method}"
    return _capital(one)


def _moved(before: Step, after: Step) -> str:
    """Give both counts where they are of the step alone; those of a join or sort are of what lies below it."""
    if not before.node.relation:
        return ""
    return f": {_blocks(before.reads)} before, {_blocks(after.reads)} after"


def _doing(step: Step) -> str:
    node = step.node
    kind = KINDS.get(node.kind)
    if not kind:
        return node.label
    named = f"{'index' if len(step.indexes) == 1 else 'indexes'} {' and '.join(step.indexes)}"
    said = kind.doing.format(table=node.relation, index=named)
    if node.kind in ("Sort", "Incremental Sort") and node.keys:
        said += f" by {node.keys}"
    return said


def _blocks(number: int) -> str:
    return f"{numbers.plural(number, 'buffer')} ({numbers.size(number * BLOCK_BYTES)})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
