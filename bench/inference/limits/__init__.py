"""What a schema forbids within a row, read from the server's canonical text: CHECKs, domains, bounds of partitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.inference.limits.alternatives import Alternative, Comparison, TooMany, alternatives, together
from bench.inference.limits.expression import Expr, read
from bench.inference.limits.literals import bounds
from bench.inference.limits.merge import Contradiction, both, either
from bench.inference.limits.rewriting import Rewriter
from bench.inference.plan import Limits
from bench.model.schema import Check, Column, DataType, SqlFunction, Table

__all__ = ["Alternative", "Comparison", "Relation", "limits_of", "limits_of_type"]

_JOINED = 64
"""Alternatives of conditions with a column in common, beyond which each stays by itself."""


@dataclass(frozen=True, slots=True)
class Relation:
    """What several columns of a row have to obey together; ``bench.inference.limits.obey`` makes rows do so."""

    alternatives: tuple[Alternative, ...]
    """Of each row one at least holds."""
    checks: tuple[str, ...]
    """Names of the constraints that say so."""

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that an alternative says something about."""
        return tuple(dict.fromkeys(name for one in self.alternatives for name in one.columns))

    @property
    def nulls(self) -> tuple[str, ...]:
        """Columns whose NULLs it places itself, and which had better come without any."""
        return tuple(
            name for name in self.columns
            if any(one.limits.get(name, Limits()).always_null for one in self.alternatives)
        )  # fmt: skip


def limits_of(
    table: Table, leaves: Iterable[Table] = (), functions: Iterable[SqlFunction] = ()
) -> tuple[dict[str, Limits], tuple[Relation, ...], tuple[Check, ...]]:
    """What the rows of ``table`` have to obey.

    Args:
        table: with its CHECKs, its types with theirs, and its bounds where it is a partition.
        leaves: of a partitioned table the partitions that hold rows, one of which has to take each.
        functions: that are read instead of called.

    Returns:
        Limits by column (of those that have some), relations between columns, and the CHECKs that are not wholly
        read: the server has to judge them (``bench.inference.limits.judge``). One that nothing passes is among them.
    """
    reading = _Reading({column.name: column for column in table.columns}, functions)
    for column in table.columns:
        reading.add_type(column)
    for check in [*table.checks, *_bounds(table, leaves)]:
        if check.enforced:
            reading.add(check)
    return reading.result()


def limits_of_type(kind: DataType) -> tuple[Limits, tuple[Relation, ...], tuple[Check, ...]]:
    """The same of the values of a type, about a column named ``value``."""
    limits, relations, unread = limits_of(Table("", "", (Column("value", kind),)))
    return limits.get("value", Limits()), relations, unread


def _bounds(table: Table, leaves: Iterable[Table]) -> list[Check]:
    found = [Check(f"bounds of {table.name}", table.bounds)] if table.bounds else []
    bounds = [leaf.bounds for leaf in leaves]
    if bounds and all(bounds) and not any("satisfies_hash_partition" in one for one in bounds):
        found.append(Check(f"partitions of {table.name}", " OR ".join(f"({one})" for one in bounds)))
    return found


class _Reading:
    """What was read so far of one table."""

    def __init__(self, columns: Mapping[str, Column], functions: Iterable[SqlFunction]) -> None:
        self.columns = columns
        self.rewriter = Rewriter(columns, {function.name: function for function in functions})
        self.generated = {one.name: read(one.default) for one in columns.values() if one.generated}
        self.limits: dict[str, Limits] = {}
        self.several: list[Relation] = []
        self.unread: list[Check] = []

    def add_type(self, column: Column) -> None:
        """What the domains of a column, and those of its elements, demand."""
        element = column.type.plain.element
        if element is not None and element.base is not None:
            self._limit({column.name: Limits(elements=limits_of_type(element)[0])})
        kind: DataType | None = column.type
        while kind is not None:
            if kind.not_null:
                self._limit({column.name: Limits(not_null=True)})
            for check in kind.checks:
                about = replace(check, columns=(column.name,))
                self.add(about, lambda node: _renamed(node, column.name))
            kind = kind.base

    def add(self, check: Check, rename: object = None) -> None:
        """Read one condition, each part that is joined by AND by itself."""
        condition = read(check.expression)
        if callable(rename):
            condition = rename(condition)
        condition = self.rewriter.rewrite(_written_out(condition, self.generated))
        parts = condition.args if condition.kind == "and" else (condition,)
        # not a generator: each part is read even where one before it was not
        read_parts = [self._add_part(part, check) for part in parts]
        if not all(read_parts):
            columns = check.columns or condition.columns
            if any(name in self.generated for name in columns):
                columns = condition.columns
            self.unread.append(replace(check, columns=columns))

    def _add_part(self, part: Expr, check: Check) -> bool:
        if part.kind == "and":
            parts = [self._add_part(arg, check) for arg in part.args]
            return all(parts)
        try:
            found = alternatives(part, self.columns)
        except TooMany:
            return False
        if not found or any(one.unread for one in found):
            return False
        if len(found) == 1 and not found[0].comparisons:
            return self._limit(found[0].limits)
        self.several.append(Relation(found, (check.name,)))
        return True

    def _limit(self, found: Mapping[str, Limits]) -> bool:
        try:
            merged = {
                name: both(self.limits.get(name, Limits()), limits, self.columns[name].type)
                for name, limits in found.items()
            }
        except Contradiction:
            return False
        self.limits.update(merged)
        return True

    def _pass_on(self, comparisons: Sequence[Comparison]) -> None:
        """Bounds from one column to the next: where ``a <= b`` and ``b <= 9``, no ``a`` is above 9."""
        for one in comparisons:
            match one:
                case Comparison(Expr("column", left), "<" | "<=" | ">" | ">=" as sign, Expr("column", right)):
                    small, large = (left, right) if "<" in sign else (right, left)
                    if self.columns[small].type.plain.name == self.columns[large].type.plain.name:
                        above, below = self.limits.get(large, Limits()), self.limits.get(small, Limits())
                        self._limit(
                            {
                                small: Limits(
                                    high=above.high,
                                    high_open=above.high is not None and (above.high_open or len(sign) == 1),
                                )
                            }
                        )
                        self._limit(
                            {
                                large: Limits(
                                    low=below.low, low_open=below.low is not None and (below.low_open or len(sign) == 1)
                                )
                            }
                        )

    def result(self) -> tuple[dict[str, Limits], tuple[Relation, ...], tuple[Check, ...]]:
        """All of it, relations with a column in common made one as far as that goes."""
        relations = _joined(self.several, self.columns)
        for relation in relations:
            self._limit(_common(relation, self.columns))
            if len(relation.alternatives) == 1:
                self._pass_on(relation.alternatives[0].comparisons)
        limits = {name: bounds(limits, self.columns[name].type) for name, limits in self.limits.items()}
        limits = {name: one for name, one in limits.items() if one != Limits()}
        alone = Alternative(limits)
        possible = []
        for relation in relations:
            left = tuple(
                one for one in relation.alternatives if together([alone], [one], self.columns)
            )  # fmt: skip
            possible.append(replace(relation, alternatives=left or relation.alternatives))
        return limits, tuple(possible), tuple(self.unread)


def _common(relation: Relation, columns: Mapping[str, Column]) -> dict[str, Limits]:
    """What columns have to obey whatever the alternative, as a kind that each of them names."""
    found = {}
    for name in relation.columns:
        each = [one.limits.get(name) for one in relation.alternatives]
        if len(each) > 1 and None not in each:
            joined = either([one for one in each if one is not None], columns[name].type)
            if joined is not None:
                found[name] = joined
    return found


def _written_out(node: Expr, generated: Mapping[str, Expr]) -> Expr:
    """A condition with generated columns as what they are generated from."""
    if node.kind == "column" and node.name in generated:
        return generated[node.name]
    return replace(node, args=tuple(_written_out(arg, generated) for arg in node.args))


def _renamed(node: Expr, name: str) -> Expr:
    """A domain's condition about a column."""
    if node == Expr("column", "value"):
        return Expr("column", name)
    return replace(node, args=tuple(_renamed(arg, name) for arg in node.args))


def _joined(relations: Sequence[Relation], columns: Mapping[str, Column]) -> list[Relation]:
    """Relations with a column in common as one, unless that has too many alternatives or none at all."""
    joined: list[Relation] = []
    for relation in relations:
        for index, other in enumerate(joined):
            if set(other.columns) & set(relation.columns):
                if len(other.alternatives) * len(relation.alternatives) > _JOINED:
                    continue
                found = together(other.alternatives, relation.alternatives, columns)
                if found:
                    joined[index] = Relation(tuple(found), other.checks + relation.checks)
                    break
        else:
            joined.append(relation)
    return joined
