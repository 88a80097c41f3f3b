"""A kind for each column of a table, with the reason in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from bench.inference.kinds.documents import json_type
from bench.inference.kinds.fit import Bounds, bounds_of, narrowed, obeys, to_type
from bench.inference.kinds.rules import Kind, Rule, group_of, kinds, rules_for, share_of
from bench.inference.kinds.values import _Maker, values_of
from bench.inference.plan import ColumnPlan, Limits
from bench.model.schema import Column, Schema, Table

FITS = {
    "choice": "text int numeric float enum bool",
    "boolean": "bool",
    "number": "int numeric float text",
    "serial": "int numeric float text",
    "digest": "text",
    "token": "text",
    "uuid": "uuid text",
    "bytes": "bytes",
    "text": "text",
    "join": "text",
    "ip_address": "inet text",
    "mac_address": "mac text",
    "slug": "text",
    "money": "numeric float int",
    "pieces": "int numeric float text",
    "barcode": "text",
    "iban": "text",
    "person": "text",
    "place": "text numeric float",
    "time": "time date int text",
    "period": "time date int text",
    "birthday": "time date text",
    "time_of_day": "clock text",
    "json": "json text",
    "list": "list",
    "type_only": "",
}
"""Families of types that the values of each function can take the form of."""
BY_TYPE = {
    "text": "words",
    "int": "integer",
    "numeric": "decimal",
    "float": "real",
    "time": "happened_at",
    "date": "happened_at",
    "clock": "time_of_day",
}
"""Kinds of columns whose name tells nothing; other families have a rule for any name."""
SHORT_TEXT = 12
"""Characters of a column that is taken to hold a code, where its name tells nothing."""
COORDINATES = {"latitude": 90, "longitude": 180}
JSON_DEFAULTS = {"{}": "object", "[]": "array"}
JSON_KINDS = {"object": "json_metadata", "array": "json_list"}
"""Kinds of columns whose default or CHECK asks for another type of document than their name."""
NULLS = 0.05
"""Share of NULL of a kind that says none."""
ENOUGH = 0.5
"""A kind of which the limits leave less than this share is not the kind of that column."""
FADING = 0.55
"""Words of unknown frequency: each as often as the one before it, times this."""
DEFAULT_SHARE = 0.6
"""Of a column's default, where its kind says nothing of it."""
TRUE = "t"
NAMES = ("name", "title", "label")
"""Columns that a slug of the same row is made from, the first that there is."""
SAMPLE = 64
SET_WHEN_MADE = ("happened_at", "started_at", "finished_at", "scheduled_at", "starts_at")
"""Kinds of times that a default of now() turns into the time at which the row is made."""
COMMENT_WORDS = 4
WORD = r"""['"`]?[a-z][\w-]{0,23}['"`]?"""
LISTED = re.compile(rf"(?:^|:\s*|\bone of:?\s*|[(\[])((?:{WORD}\s*[,|/]\s*){{1,11}}{WORD})\s*(?:[)\]]|\.?$)")
"""Words that a comment lists: ``draft, sent, paid``, ``state: 'on' | 'off'``."""
APART = 0.02
"""Of a row's life between two times of one kind."""
CONSTANT = re.compile(r"'((?:[^']|'')*)'(?:::[\w\s\".\[\](),]+)?|(-?\d+(?:\.\d+)?)|(true|false)")
NOW = re.compile(r"now\(\)|current_timestamp|current_date|localtimestamp|clock_timestamp\(\)", re.IGNORECASE)


def propose(
    schema: Schema, table: Table, limits: Mapping[str, Limits], locales: Sequence[str] = ()
) -> tuple[ColumnPlan, ...]:
    """A plan for each column of the table that is not generated, in the table's order.

    Keys and references are not looked at: who decides about those replaces the plan of their columns.
    """
    kept = [column for column in table.columns if not column.generated]
    plans = [_plan(schema, table, column, limits.get(column.name, Limits()), locales) for column in kept]
    return tuple(_together(plan, plans) for plan in plans)


def _together(plan: ColumnPlan, plans: Sequence[ColumnPlan]) -> ColumnPlan:
    """What a plan takes from others: a slug its name, amounts that they are of a price and a quantity."""
    make = kinds()[plan.kind].make
    if make == "slug":
        named = [one for one in plans if one.name.lower() in NAMES and kinds()[one.kind].make == "join"]
        if named:
            template = kinds()[named[0].kind].options["template"]
            return replace(plan, options={**plan.options, "of": named[0].name, "template": template})
    if make == "period":
        return _without_partner(plan, plans)
    if make == "time" and "ahead" not in kinds()[plan.kind].options:
        before = [one.kind for one in plans[: plans.index(plan)]].count(plan.kind)
        stage = kinds()[plan.kind].options["stage"]
        return (
            replace(plan, options={**plan.options, "stage": stage + APART * min(before, 5)})
            if before and stage
            else plan
        )
    if make != "money":
        return plan
    parts = [kinds()[one.kind].options.get("part", one.kind) for one in plans]
    part, options = kinds()[plan.kind].options["part"], dict(plan.options)
    if {"unit", "quantity"} <= set(parts):
        options["lines"] = True
    if plan is not plans[parts.index(part)]:
        options["apart"] = True
    return replace(plan, options=options)


def _without_partner(plan: ColumnPlan, plans: Sequence[ColumnPlan]) -> ColumnPlan:
    """An end or a start that has no other beside it, but times of the row's life, in their order."""
    group, others = plan.options.get("group"), {one.kind for one in plans}
    if any(
        one.kind != plan.kind and kinds()[one.kind].make == "period" and one.options.get("group") == group
        for one in plans
    ):
        return plan
    if plan.kind == "ends_at" and others & {"started_at", "finished_at"}:
        return replace(plan, kind="expires_at", options={})
    return (
        replace(plan, kind="started_at", options={}) if plan.kind == "starts_at" and "finished_at" in others else plan
    )


def _plan(schema: Schema, table: Table, column: Column, limits: Limits, locales: Sequence[str]) -> ColumnPlan:
    for plan in _candidates(schema, table, column, limits):
        kind = kinds()[plan.kind]
        options = dict(plan.options)
        which = "period" if kind.make == "period" else "words"
        if kind.make in ("person", "place", "period") and (group := group_of(column.name, which)):
            options["group"] = group
        if kind.make in ("person", "place") and locales:
            options["locales"] = list(locales)
        obeyed = replace(limits, values=()) if kind.make == "boolean" else limits
        return replace(plan, options=options, nulls=_nulls(column, limits, plan.nulls), limits=obeyed)
    reason = f"{column.type.text}, by its type" if limits == Limits() else f"{column.type.text}, within its limits"
    return ColumnPlan(column.name, "type_only", reason, {}, _nulls(column, limits, NULLS), limits)


def _candidates(schema: Schema, table: Table, column: Column, limits: Limits) -> Iterator[ColumnPlan]:
    """Plans that hold what the column's type and limits ask for, the best first."""
    try:
        bounds = bounds_of(column, limits)
    except ValueError:  # a bound that is no number: the type's own values know such
        return
    if bounds.family == "bool" and limits.values:
        share = (TRUE in limits.values) / len(limits.values)
        options = {"share": share} if share in (0, 1) else _of_default("boolean", column, bounds)
        yield ColumnPlan(column.name, "boolean", "a CHECK lists its values", options, NULLS)
        return
    if limits.values or bounds.family == "enum":
        yield _listed(column, limits, bounds)
        return
    others = tuple(one.name for one in table.columns)
    for rule in rules_for(column.name, table.table, bounds.family, bounds.longest, others):
        plan = _by_rule(schema, table, rule, column, limits, bounds)
        if plan is not None and not rule.telling:
            yield from _by_comment(schema, table, column, limits, bounds)
        if plan is not None:
            yield plan
    yield from _by_comment(schema, table, column, limits, bounds)
    by_type = BY_TYPE.get(bounds.family)
    if bounds.family == "text" and (bounds.longest or SHORT_TEXT + 1) <= SHORT_TEXT:
        by_type = "code"
    if by_type is not None:
        plan = _fitted(kinds()[by_type], column, limits, bounds, _of_default(by_type, column, bounds))
        if plan is not None:
            yield replace(plan, reason=f"{column.type.text}, its name tells nothing")


def _by_comment(
    schema: Schema, table: Table, column: Column, limits: Limits, bounds: Bounds
) -> Iterator[ColumnPlan]:  # fmt: skip
    """What the column's comment says of it, where its name says nothing: the words that it is listed or named by."""
    said = column.comment.strip()
    if bounds.family == "text" and (match := LISTED.search(said)):
        values = [value.strip(" '\"`") for value in re.split(r"[,|/]", match[1])]
        options = {"values": {value: round(FADING**place, 3) for place, value in enumerate(values)}}
        plan = _fitted(kinds()["choice"], column, limits, bounds, options)
        if plan is not None:
            yield replace(plan, reason="its comment lists values")
    name = "_".join(re.findall(r"\w+", re.split(r"[.,;:()]| for | of | in ", said)[0])[:COMMENT_WORDS])
    for rule in rules_for(name, table.table, bounds.family, bounds.longest) if name else ():
        plan = _by_rule(schema, table, rule, column, limits, bounds) if rule.telling else None
        if plan is not None:
            yield replace(plan, reason="its comment says what it is")


def _by_rule(
    schema: Schema, table: Table, rule: Rule, column: Column, limits: Limits, bounds: Bounds
) -> ColumnPlan | None:
    kind, options = rule.kind, dict(rule.options)
    if kind.name in SET_WHEN_MADE and NOW.search(column.default) and not _made_beside(table, column):
        kind = kinds()["created_at"]
    if kind.name == "model_class":
        options |= _classes(schema)
    options |= _of_default(kind.name, column, bounds)
    plan = _fitted(kind, column, limits, bounds, options)
    if plan is None:
        return None
    nulls = rule.nulls if rule.nulls is not None else plan.nulls
    return replace(plan, reason=_reason(rule, column), nulls=nulls)


def _made_beside(table: Table, column: Column) -> bool:
    """Whether another column of the table is the time at which a row was made."""
    named = (one.name for one in table.columns if one.name != column.name)
    return any(
        rule.kind.name == "created_at" for name in named for rule in rules_for(name, table.table, "time", None)[:1]
    )


def _reason(rule: Rule, column: Column) -> str:
    if not rule.telling:
        return f"{column.type.text}, its name tells nothing"
    named = f"named {column.name}"
    if rule.longest is not None:
        named = f"{column.type.text} {named}"
    return f"{named}, in a table of such" if rule.table else named


def _fitted(
    kind: Kind, column: Column, limits: Limits, bounds: Bounds, options: Mapping[str, Any]
) -> ColumnPlan | None:
    """A plan with this kind, if the column can hold such values; lists and ranges as far as the limits leave them."""
    if bounds.family not in FITS[kind.make].split() or (bounds.longest is not None and bounds.longest < kind.needs):
        return None
    if kind.make == "json" and bounds.longest is not None:
        return None
    if bounds.family == "list" and limits != Limits(not_null=limits.not_null):
        return None
    if bounds.family == "json":
        if limits != Limits(not_null=limits.not_null, json_type=limits.json_type):
            return None
        wanted = limits.json_type or JSON_DEFAULTS.get(_default(column) or "", "")
        if wanted and wanted != json_type(kind.options["shape"]):
            kind = kinds().get(JSON_KINDS.get(wanted, ""), kind)
        if limits.json_type and json_type(kind.options["shape"]) != limits.json_type:
            return None
    if kind.make == "place" and bounds.family != "text":
        reach = COORDINATES.get(kind.options["part"])
        if reach is None or (bounds.high is not None and bounds.high < reach):
            return None
    chosen = dict(options)
    nulls = NULLS if kind.nulls is None else kind.nulls
    if kind.make == "choice":
        values = _choosable(
            {**kind.options["values"]} if "values" not in chosen else chosen["values"], column, limits, bounds
        )
        if not values:
            return None
        chosen["values"] = values
    if kind.make in ("number", "pieces"):
        if bounds.family == "text" and (bounds.longest or 99) < len(str(kind.options["high"])):
            return None
        kept = narrowed({**kind.options, **chosen}, bounds)
        chosen |= {"low": kept["low"], "high": kept["high"]}
    plan = ColumnPlan(column.name, kind.name, "", chosen, nulls, limits)
    return plan if _obeyed(plan, column, bounds) else None


def _obeyed(plan: ColumnPlan, column: Column, bounds: Bounds) -> bool:
    """Whether a kind can be held to the column's limits: tried with some numbers, where there is anything to break."""
    limits = plan.limits
    narrow = bounds.longest is not None and bounds.shortest > 0
    if not (
        limits.patterns
        or limits.excluded
        or limits.octets
        or limits.low is not None
        or limits.high is not None
        or narrow
    ):
        return True
    if bounds.family == "text" and (limits.low is not None or limits.high is not None):
        return False
    try:
        maker = values_of("", column, plan, 1, "")
        assert isinstance(maker, _Maker)
        fine = len(maker.known())
    except (pa.ArrowNotImplementedError, ValueError):
        return False
    return fine >= SAMPLE


def _choosable(values: Mapping[str, float], column: Column, limits: Limits, bounds: Bounds) -> dict[str, float] | None:
    """Those of the values that the column can hold; None where too few are left."""
    kept: dict[str, float] = {}
    for value, share in values.items():
        try:
            array = to_type(pa.array([str(value)]), column, bounds)
            if all(obeys(array, column, bounds, limits).to_pylist()):
                kept[value] = float(share)
        except (pa.ArrowNotImplementedError, ValueError):
            continue
    return kept if kept and sum(kept.values()) >= ENOUGH * sum(values.values()) else None


def _listed(column: Column, limits: Limits, bounds: Bounds) -> ColumnPlan:
    """One of the values that an enum or a CHECK lists, words that are known as often as they are elsewhere."""
    labels = column.type.plain.labels if bounds.family == "enum" else ()
    values = [value for value in limits.values or labels if value not in limits.excluded]
    if labels and limits.values:
        values = [value for value in values if value in labels]
    if bounds.family == "text" and bounds.longest is not None:
        values = [value for value in values if len(value) <= bounds.longest]
    default = _default(column)
    shares = {value: share_of(value) or FADING ** (place + 1) for place, value in enumerate(values)}
    if default in shares:
        shares[default] = max(shares[default], *shares.values())
    total = sum(shares.values()) or 1
    rounded = {value: max(round(share / total, 3), 0.001) for value, share in shares.items()}
    what = f"enum {column.type.plain.name}" if labels else "a CHECK"
    return ColumnPlan(column.name, "choice", f"{what} lists {len(values)} values", {"values": rounded}, NULLS, limits)


def _default(column: Column) -> str | None:
    """The column's default where it is a constant."""
    match = CONSTANT.fullmatch(column.default.strip())
    return next((group for group in match.groups() if group is not None), "").replace("''", "'") if match else None


def _of_default(kind: str, column: Column, bounds: Bounds) -> dict[str, Any]:
    """What a default tells about a kind: the share of true, a word of its own."""
    default, options = _default(column), kinds()[kind].options
    if default is None:
        return {}
    if kind == "boolean":
        return {"share": 0.8 if default == "true" else 0.15}
    if kinds()[kind].make == "choice" and default and default not in options["values"] and bounds.family == "text":
        total = sum(options["values"].values())
        rest = {value: round(share / total * (1 - DEFAULT_SHARE), 3) for value, share in options["values"].items()}
        return {"values": {default: DEFAULT_SHARE, **rest}}
    return {}


def _classes(schema: Schema) -> dict[str, Any]:
    """Names of classes as an application would have them for the tables that most others refer to."""
    from bench.inference.kinds.names import singular, words_of

    counts: dict[str, int] = {}
    for table in schema.tables:
        for key in table.foreign_keys:
            counts[key.table] = counts.get(key.table, 0) + 1
    most = sorted(counts, key=lambda name: (-counts[name], name))[:4]
    words = [words_of(name.rsplit(".", 1)[-1]) for name in most]
    names = ["".join(word.capitalize() for word in (*w[:-1], singular(w[-1]))) for w in words if w]
    return {"values": {name: round(FADING**place, 3) for place, name in enumerate(names)}} if names else {}


def _nulls(column: Column, limits: Limits, share: float) -> float:
    """The share of NULL that the column may have."""
    types = column.type
    while types is not None:
        if types.not_null:
            return 0.0
        types = types.base  # type: ignore[assignment]
    if column.not_null or limits.not_null:
        return 0.0
    if limits.always_null:
        return 1.0
    return (
        0.0 if column.default and column.default.strip().lower() != "null" and _default(column) is not None else share
    )
