"""dataset.toml read onto a plan: what it says wins, and whatever it says that is not there is one line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from faker.config import AVAILABLE_LOCALES

from bench.errors import WorkloadError
from bench.inference.dataset_file import FILE, OF_COLUMN, OF_KINDS, OF_TABLE, TOP
from bench.inference.dataset_file.places import Place, line_of, places
from bench.inference.plan import ColumnPlan, DatasetPlan, TablePlan
from bench.model.schema import Column, ForeignKey, Schema, Table
from bench.suggestions import did_you_mean

KNOWN = "known: "
"""Before the names of keys and kinds, where none is near."""
SAID = f"so says {FILE}"

TOLERANCE = 0.02
"""By which shares may add up to more than 1, since they are written with two digits or three."""
_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")

Found = tuple[tuple[str, ForeignKey], ...]
"""References that the schema does not declare, by table."""


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A dataset.toml that was checked against a schema: its tables and columns are there."""

    data: Mapping[str, Any]
    lines: Mapping[Place, int]
    kinds: frozenset[str]
    """Generators that there are."""

    @property
    def rows(self) -> int | None:
        """In all; None where it does not say."""
        return self.data.get("rows")

    @property
    def fire_triggers(self) -> bool:
        """Whether triggers fire while rows arrive."""
        return bool(self.data.get("fire_triggers", False))

    @property
    def locales(self) -> tuple[str, ...]:
        """Of names and texts; empty where it does not say."""
        return tuple(self.data.get("locales", ()))

    def tables(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Each table that it names, with what it says."""
        for schema, tables in self.data.items():
            if schema not in TOP:
                yield from ((f"{schema}.{name}", said) for name, said in tables.items())

    def columns(self, table: str) -> Mapping[str, Mapping[str, Any]]:
        """What it says of the columns of a table."""
        schema, _, name = table.partition(".")
        found: Mapping[str, Mapping[str, Any]] = self.data.get(schema, {}).get(name, {}).get("columns", {})
        return found

    def wrong(self, place: Place, said: str, hint: str = "") -> WorkloadError:
        """The failure at a place, in one line."""
        return WorkloadError(f"{FILE}:{line_of(self.lines, place)}: {said}", hint=hint)


def read_plan_file(text: str, schema: Schema, kinds: Collection[str]) -> PlanFile:
    """Read and check a dataset.toml.

    Raises:
        WorkloadError: it is no TOML, or names a key, table, column or kind that is not there (file:line, and the
            nearest that is).
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at, last = _AT.search(str(error)), text.count("\n") + 1
        line = int(at[1]) if at and at[1] else last
        raise WorkloadError(f"{FILE}:{line}: {_AT.sub('', str(error))}") from None
    found = PlanFile(data, places(text), frozenset(kinds))
    for name, value in data.items():
        if name in TOP:
            _check_type(found, (name,), value, {"rows": int, "locales": list, "fire_triggers": bool}[name])
            for locale in value if name == "locales" else ():
                if locale not in AVAILABLE_LOCALES:
                    raise found.wrong(
                        (name,), f"unknown locale {locale}", did_you_mean(str(locale), AVAILABLE_LOCALES, KNOWN)
                    )
        elif not isinstance(value, dict):
            raise found.wrong((name,), f"unknown key {name}", did_you_mean(name, TOP, KNOWN))
    for name, said in found.tables():
        _check_table(found, schema, name, said)
    return found


def _check_table(found: PlanFile, schema: Schema, name: str, said: object) -> None:
    place = tuple(name.split(".", 1))
    table = schema.by_name.get(name)
    if table is None or not isinstance(said, dict):
        raise found.wrong(place, f"there is no table {name}", did_you_mean(name, tuple(schema.by_name)))
    for key, value in said.items():
        if key not in OF_TABLE:
            raise found.wrong((*place, key), f"unknown key {key} of a table", did_you_mean(key, OF_TABLE, KNOWN))
        _check_type(found, (*place, key), value, {"rows": int, "skew": float, "columns": dict}[key])
    for column, value in said.get("columns", {}).items():
        known = {one.name: one for one in table.columns}
        where = (*place, "columns", column)
        if column not in known:
            raise found.wrong(where, f"{name} has no column {column}", did_you_mean(column, tuple(known), "it has "))
        if not isinstance(value, dict):
            raise found.wrong(where, f"{column}: write {{ kind = … }} or {{ value = … }}, not {value!r}")
        _check_column(found, schema, where, known[column], value)


def _check_column(found: PlanFile, schema: Schema, place: Place, column: Column, said: Mapping[str, Any]) -> None:
    if column.generated:
        raise found.wrong(place, f"{column.name} is generated: it gets no value from anybody")
    kind = said.get("kind")
    if kind is not None and kind not in found.kinds:
        raise found.wrong(place, f"unknown kind {kind} of {column.name}", did_you_mean(str(kind), found.kinds, KNOWN))
    nulls = said.get("nulls", 0)
    if isinstance(nulls, bool) or not isinstance(nulls, int | float) or not 0 <= nulls <= 1:
        raise found.wrong(place, f"nulls = {nulls!r} of {column.name}: give a share from 0 to 1")
    for option in said.keys() - set(OF_COLUMN):
        if get_close_matches(option, OF_COLUMN, n=1, cutoff=0.75) and option not in OF_KINDS:
            raise found.wrong(place, f"unknown key {option} of {column.name}", did_you_mean(option, OF_COLUMN, KNOWN))
    _check_values(found, place, column.name, said)
    function = said.get("function", "module:name" if kind != "function" else "")
    if not isinstance(function, str) or not re.fullmatch(r"[\w.]+:\w+", function):
        raise found.wrong(place, f"function = {function!r} of {column.name}", 'write function = "module:name"')
    if said.get("references"):
        _target(found, schema, place, str(said["references"]))


def _check_values(found: PlanFile, place: Place, name: str, said: Mapping[str, Any]) -> None:
    """Whether values have shares that can be drawn by."""
    values, shares = said.get("values"), said.get("shares")
    if values is None:
        return
    given = list(values.values()) if isinstance(values, dict) else shares
    if isinstance(values, list) and shares is not None and (not isinstance(shares, list) or len(shares) != len(values)):
        raise found.wrong(place, f"shares of {name}: give one for each of the {len(values)} values")
    if isinstance(values, dict | list) and not values:
        raise found.wrong(place, f"values of {name}: there is none")
    for share in given or ():
        if isinstance(share, bool) or not isinstance(share, int | float) or share < 0:
            raise found.wrong(place, f"share {share!r} of {name}: give a number of 0 or more")
    total = sum(given or (1,))
    if total <= 0 or (total > 1 + TOLERANCE and min(given or (1,)) < 1):  # weights of 1 and more need no sum
        raise found.wrong(place, f"the shares of {name} add up to {total:g}: give shares that add up to 1")


def _check_type(found: PlanFile, place: Place, value: object, wanted: type) -> None:
    good = isinstance(value, int | float) if wanted is float else isinstance(value, wanted)
    number = wanted in (int, float)
    if not good or (number and (isinstance(value, bool) or value < 0)):  # type: ignore[operator]
        words = {int: "a whole number", float: "a number", bool: "true or false", list: "a list", dict: "a table"}
        raise found.wrong(place, f"{place[-1]} = {value!r}: give {words[wanted]}{' of 0 or more' if number else ''}")


def _target(found: PlanFile, schema: Schema, place: Place, text: str) -> tuple[Table, str]:
    """The table and column that ``references`` names."""
    name, _, column = text.rpartition(".")
    known = {f"{table.name}.{one.name}" for table in schema.tables for one in table.columns}
    if text not in known:
        raise found.wrong(place, f"references {text}, which is no column", did_you_mean(text, known))
    return schema.by_name[name], column


# ------------------------------------------------------------------------------------------------- onto the plan
def references_with(found: PlanFile, schema: Schema, inferred: Sequence[tuple[str, ForeignKey]]) -> Found:
    """The references to go by beside those declared: those inferred, but where the file says otherwise.

    ``references = ""`` of a column says that it refers to nothing; so does a kind of its own.
    """
    said: dict[tuple[str, str], str | None] = {}
    for name, _ in found.tables():
        for column, value in found.columns(name).items():
            if "references" in value or {"kind", "value", "values", "function"} & value.keys():
                said[name, column] = str(value.get("references") or "") or None
    declared = {(table.name, one) for table in schema.tables for key in table.foreign_keys for one in key.columns}
    left = [(name, key) for name, key in inferred if not any((name, column) in said for column in key.columns)]
    added = []
    for (name, column), text in said.items():
        if text and (name, column) not in declared:
            place = (*name.split(".", 1), "columns", column)
            target, to = _target(found, schema, place, text)
            key = ForeignKey(f"{column} in {FILE}", (column,), target.name, (to,), declared=False, reason=SAID)
            added.append((name, key))
    return (*left, *added)


def onto(plan: DatasetPlan, found: PlanFile, usual: Mapping[str, int]) -> DatasetPlan:
    """``plan`` with what the file says.

    Args:
        plan: inferred at the size of this run.
        found: the file.
        usual: rows of each table as inferred at the size that the file is written for: a number that is another one
            there was set by hand, and grows with the size of the run.
    """
    factor = plan.rows / found.rows if found.rows else 1.0
    said = dict(found.tables())
    tables = tuple(_table(one, said.get(one.name, {}), found, usual, factor) for one in plan.tables)
    return replace(plan, tables=tables, locales=found.locales or plan.locales)


def _table(
    plan: TablePlan, said: Mapping[str, Any], found: PlanFile, usual: Mapping[str, int], factor: float
) -> TablePlan:
    rows = said.get("rows")
    if rows is not None and rows != usual.get(plan.name) and not plan.left_out:
        wanted = round(rows * factor)
        if plan.capacity is not None and wanted > plan.capacity:
            place = (*plan.name.split(".", 1), "rows")
            raise found.wrong(place, f"rows = {rows}: keys and checks of {plan.name} allow {plan.capacity}")
        plan = replace(plan, rows=wanted, reason=SAID, left_out="" if wanted else plan.left_out, weight=0.0)
    if "skew" in said:
        plan = replace(plan, skew=float(said["skew"]))
    columns = found.columns(plan.name)
    changed = []
    for one in plan.columns:
        if one.name in columns:
            place = (*plan.name.split(".", 1), "columns", one.name)
            one = _column(one, columns[one.name], line_of(found.lines, place))
            if one.kind == "choice" and not one.options.get("values"):
                raise found.wrong(place, f"kind choice of {one.name} has no values", "add values = { … }")
        changed.append(one)
    return replace(plan, columns=tuple(changed))


def _column(plan: ColumnPlan, said: Mapping[str, Any], line: int) -> ColumnPlan:
    options = {name: value for name, value in said.items() if name not in OF_COLUMN}
    kind = str(said.get("kind", plan.kind))
    kept = plan.options if kind == plan.kind else {}
    if "function" in said:
        kind, kept, options = "function", {}, {"function": str(said["function"]), "line": line}
    elif "value" in said:
        kind, kept, options = "choice", {}, {"values": {_text(said["value"]): 1.0}}
    elif "values" in said:
        kind, kept = ("choice" if "kind" not in said else kind), {} if "kind" not in said else kept
        options["values"] = _shares(said["values"], said.get("shares"))
    nulls = float(said.get("nulls", plan.nulls))
    limits = plan.limits
    if said.get("never_null"):
        nulls, limits = 0.0, replace(limits, not_null=True)
    changed = (kind, {**kept, **options}, nulls, limits) != (plan.kind, plan.options, plan.nulls, plan.limits)
    reason = SAID if changed else plan.reason
    return replace(plan, kind=kind, options={**kept, **options}, nulls=nulls, limits=limits, reason=reason)


def _shares(values: object, shares: Sequence[float] | None) -> dict[str, float]:
    if isinstance(values, dict):
        return {_text(name): float(share) for name, share in values.items()}
    named = [_text(one) for one in values] if isinstance(values, list) else [_text(values)]
    return dict(zip(named, map(float, shares or [1.0] * len(named)), strict=False))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
