"""docs/inferred-values.md shows rows as they are made, before and after its changes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from bench.inference.kinds import propose, values_of
from bench.inference.plan import ColumnPlan
from bench.model.schema import Schema, Table
from tests import ROOT
from tests.inference.kinds.columns import column

PAGE = (ROOT / "docs" / "inferred-values.md").read_text(encoding="utf-8")
SHOWN = np.array([10, 250, 500, 750, 999])


def blocks(language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [text for said, text in fenced if said == language]


def invoices() -> Table:
    body = blocks("sql")[0].partition("(")[2].rpartition(")")[0]
    lines = [line.split() for line in re.split(r",(?!\d)", body)]
    columns = [column(name, type_, not_null=bool(rest)) for name, type_, *rest in lines]
    return Table("public", "invoices", tuple(columns))


def rows(plans: Sequence[ColumnPlan]) -> str:
    table, texts = invoices(), []
    for plan in plans:
        sized = replace(plan, options={**plan.options, "rows": 1000})
        made = values_of(table.name, table.column(plan.name), sized, 1, "2026-11-30")(SHOWN).to_pylist()
        words = ["" if v is None else f"{v:%Y-%m-%d %H:%M}" if isinstance(v, datetime) else str(v) for v in made]
        width = max(map(len, (plan.name, *words)))
        texts.append([word.ljust(width) for word in (plan.name, *words)])
    return "".join(f"{'  '.join(line).rstrip()}\n" for line in zip(*texts, strict=True))


def changed(plan: ColumnPlan) -> ColumnPlan:
    said = dict(tomllib.loads(blocks("toml")[0])["public"]["invoices"]["columns"].get(plan.name, {"kind": plan.kind}))
    nulls = 0.0 if said.pop("never_null", False) else plan.nulls
    return replace(plan, kind=said.pop("kind"), options={**plan.options, **said}, nulls=nulls)


def test_the_rows_of_the_page_are_those_that_are_made():
    table = invoices()
    plans = propose(Schema((table,)), table, {})
    before, after = blocks("")
    assert rows(plans) == before
    assert rows([changed(plan) for plan in plans]) == after
