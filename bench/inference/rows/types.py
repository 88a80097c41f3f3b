"""The types of a catalog as records: each with its modifier, elements, fields and labels, and what a domain forbids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.model.schema import Check, Column, DataType, TypeKind
from bench.postgres.catalog import rows
from bench.postgres.connection import Connection

_KINDS: dict[str, TypeKind] = {
    "a": "array", "b": "base", "c": "composite", "d": "domain", "e": "enum", "m": "multirange", "p": "pseudo",
    "r": "range",
}  # fmt: skip
_HEADER = 4
"""Bytes that a modifier counts beside characters and digits (VARHDRSZ)."""
_NO_INTERVAL_PRECISION = 0xFFFF


@dataclass
class Types:
    """Types by oid, and what was made of them so far by (oid, modifier)."""

    by_oid: Mapping[int, Mapping[str, Any]]
    fields: Mapping[int, list[Mapping[str, Any]]]
    """Of composite types, by their relation."""
    checks: dict[int, list[Check]] = field(default_factory=lambda: defaultdict(list))
    _made: dict[tuple[int, int], DataType] = field(default_factory=dict)

    @classmethod
    def read(cls, connection: Connection, oids: Iterable[int]) -> Types:
        """Ask for the types ``oids`` and all that they are made of."""
        found = {row["oid"]: row for row in rows(connection, "describe_types", sorted(oids))}
        relations = [row["relation"] for row in found.values() if row["relation"]]
        fields: defaultdict[int, list[Mapping[str, Any]]] = defaultdict(list)
        for row in rows(connection, "describe_columns", relations) if relations else ():
            fields[row["relation"]].append(row)
        return cls(found, fields)

    @property
    def domains(self) -> list[int]:
        """Oids of those that may have a CHECK."""
        return [oid for oid, row in self.by_oid.items() if row["kind"] == "d"]

    def add_checks(self, found: Iterable[tuple[int, Check]]) -> None:
        """Say what the domains (by oid) demand of a value; to be called before any type is asked for."""
        for domain, check in found:
            self.checks[domain].append(check)

    def type_of(self, oid: int, modifier: int, text: str) -> DataType:
        """The type ``oid`` with ``modifier``, which ``format_type`` calls ``text``."""
        if (oid, modifier) not in self._made:
            self._made[oid, modifier] = self._make(oid, modifier, text)
        return self._made[oid, modifier]

    def _make(self, oid: int, modifier: int, text: str) -> DataType:
        row = self.by_oid[oid]
        kind = _KINDS[row["kind"]]
        element = base = None
        if kind == "array":
            element = self.type_of(row["element"], modifier, text.removesuffix("[]"))
        elif row["element"]:
            element = self.type_of(row["element"], -1, row["element_text"])
        if row["base"]:
            base = self.type_of(row["base"], row["base_modifier"], row["base_text"])
        length, precision, scale = _limits(row["name"], modifier) if kind == "base" else (None, None, None)
        return DataType(
            row["name"],
            row["schema_name"],
            kind,
            text,
            length=length,
            precision=precision,
            scale=scale,
            labels=tuple(row["labels"]),
            element=element,
            fields=tuple(self._field(one) for one in self.fields.get(row["relation"] or 0, ())),
            base=base,
            not_null=row["not_null"],
            checks=tuple(self.checks.get(oid, ())),
            extension=row["extension"],
        )

    def _field(self, row: Mapping[str, Any]) -> Column:
        made = self.type_of(row["type"], row["modifier"], row["text"])
        return Column(row["name"], made, not_null=row["not_null"], comment=row["comment"])


def _limits(name: str, modifier: int) -> tuple[int | None, int | None, int | None]:
    """Length, precision and scale of a modifier, as each type's own functions pack it (``numerictypmodout`` …)."""
    if modifier < 0:
        return None, None, None
    if name in ("varchar", "bpchar"):
        return modifier - _HEADER, None, None
    if name == "numeric":
        packed = modifier - _HEADER
        return None, packed >> 16 & 0xFFFF, ((packed & 0x7FF) ^ 1024) - 1024
    if name in ("time", "timetz", "timestamp", "timestamptz"):
        return None, modifier, None
    if name == "interval":
        precision = modifier & 0xFFFF
        return None, None if precision == _NO_INTERVAL_PRECISION else precision, None
    return modifier, None, None
