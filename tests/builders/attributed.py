"""Made-up attributions for tests: small parts with defaults."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

from bench import model
from bench.model import Attribution, GainCell, Run, SetTried, Tried
from bench.model.attribution import (
    Churn,
    ForeignKeyFacts,
    IndexFacts,
    IndexKey,
    LeftOut,
    Load,
    Shipped,
    Stored,
    Write,
    WriteCost,
    WriteSeen,
)
from tests.builders import runs

INDEX, OTHER = "leads_queue_idx", "leads_other_idx"
"""What the queries of ``run`` use, and what nothing needs."""


def tried(buffers: int, ms: float, *, cost: float | None = None, **more: Any) -> Tried:
    """A plan; the planner's cost is its buffers where it is not given."""
    made = {
        "without": (),
        "fingerprint": f"{buffers}/{ms}",
        "cost": float(buffers) if cost is None else cost,
        "counters": model.Counters(buffers=buffers, rows=20, temp_blocks=0, heap_fetches=0),
        "samples_ms": (ms,) * 15,
        "plan": {},
    }
    return Tried(**(made | more))


def cell(query: str = "queue", parameter_class: str = "hot", *plans: Tried, names: tuple[str, ...] = (INDEX,)) -> Any:
    """A cell with plans by set of ``names``: none, then the others as binary numbers, all last."""
    plans = plans or (tried(3960, 300.0), tried(6, 3.0))
    sets = {"".join(bits): plan for plan, bits in enumerate(product("01", repeat=len(names)))}
    full = "1" * len(names)
    singles = {name: "".join("1" if other == name else "0" for other in names) for name in names}
    others = {name: "".join("0" if other == name else "1" for other in names) for name in names}
    return GainCell(
        query=query,
        parameter_class=parameter_class,
        tried=plans,
        after=sets[full],
        before=0,
        without={name: sets[bits] for name, bits in others.items()},
        alone={name: sets[bits] for name, bits in singles.items()},
        matter=names,
        subsets=sets,
    )


def written(wal_bytes: int = 100_000, **more: Any) -> WriteSeen:
    made = {"rows": 1000, "buffers": 4000, "wal_bytes": wal_bytes, "samples_ms": (20.0, 21.0, 22.0)}
    return WriteSeen(**(made | more))


def write_cost(write: str = "lead_import", optimization: str = INDEX, **more: Any) -> WriteCost:
    """It costs 50 bytes, 2 buffers and 5 µs a row, and no update is heap-only any more."""
    made = {
        "write": write,
        "optimization": optimization,
        "with_it": written(150_000, buffers=6000, samples_ms=(25.0, 26.0, 27.0), updated=1000, hot_updated=0),
        "without_it": written(updated=1000, hot_updated=920),
    }
    return WriteCost(**(made | more))


def stored(optimization: str = INDEX, **more: Any) -> Stored:
    made = {
        "optimization": optimization, "name": f"crm.{optimization}", "table": "crm.leads", "method": "btree",
        "size_bytes": 3_000_000, "table_bytes": 48_000_000, "churned_bytes": 4_100_000, "leaf_density": 90.1,
        "churned_density": 64.2,
    }  # fmt: skip
    return Stored(**(made | more))


def shipped(optimization: str = INDEX, way: Any = "plain", **more: Any) -> Shipped:
    made = {
        "optimization": optimization, "way": way, "ms": 812.0, "locks": ("ShareLock on crm.leads",), "locked_ms": 801.0,
        "stall_ms": 790.0, "transactions": 40,
    }  # fmt: skip
    return Shipped(**(made | more))


def concurrent(optimization: str = INDEX) -> Shipped:
    return shipped(
        optimization, "concurrent", ms=1210.0, stall_ms=4.2, locked_ms=None,
        locks=("ShareUpdateExclusiveLock on crm.leads",),
    )  # fmt: skip


def index(name: str = "crm.leads_source_idx", *columns: str, **more: Any) -> IndexFacts:
    made = {
        "name": name, "table": "crm.leads", "method": "btree", "keys": tuple(map(IndexKey, columns or ("source",))),
        "size_bytes": 1_200_000,
    }  # fmt: skip
    return IndexFacts(**(made | more))


def proved(ms: float = 3.0, *, kept: tuple[str, ...] = (INDEX,), without_ms: float = 300.0, **more: Any) -> SetTried:
    """A set executed as often as a look takes that decides, and without each of its members."""
    made: dict[str, Any] = {
        "kept": kept,
        "samples_ms": {"queue[hot]": (ms,) * 80},
        "members": tuple(LeftOut(name, (name,), {"queue[hot]": (without_ms,) * 20}) for name in kept),
    }
    return SetTried(**(made | more))


def gained(**more: Any) -> Attribution:
    """An attribution that was stopped after the gains."""
    made: dict[str, Any] = {
        "cells": (cell(),),
        "smallest": proved(),
    }
    return Attribution(**(made | more))


def whole(**more: Any) -> Attribution:
    """An attribution with everything in it."""
    made: dict[str, Any] = {
        "writes": (Write("lead_import", "Lead import", "INSERT INTO crm.leads"),),
        "write_costs": (write_cost(), write_cost(optimization="")),
        "stored": (stored(),),
        "churn": Churn({"lead_import": 1000}, 3.0, "the table grew by a tenth"),
        "shipped": (shipped(), concurrent()),
        "load": Load(4, 400.0, (3.0, 4.0, 8.5), 50.0, "reads and updates of one row"),
        "indexes": (index(),),
        "notes": ("Two indexes were left invalid and built again.",),
    }
    return replace(gained(), **(made | more))


def run(attribution: Attribution | None = None, **more: Any) -> Run:
    """A run with two optimizations: one that the query uses, and one that nothing does."""
    made = {
        "optimizations": (runs.optimization(INDEX), runs.optimization(OTHER)),
        "applied": (runs.applied(INDEX), runs.applied(OTHER, size_bytes=500_000)),
        "attribution": whole() if attribution is None else attribution,
    }
    return as_timed(replace(runs.run(runs.pair()), **(made | more)))


def as_timed(run: Run) -> Run:
    """``run`` with the plans of its attribution in its pairs: no cell has moved between the two."""
    found = {cell.label: cell for cell in run.attribution.cells} if run.attribution else {}
    pairs = []
    for pair in run.pairs:
        if at := found.get(f"{pair.query}[{pair.parameter_class}]"):
            before, after = (
                side
                if side.plan is None
                else replace(
                    side, plan=replace(side.plan, fingerprint=at.tried[n].fingerprint, counters=at.tried[n].counters)
                )
                for side, n in ((pair.before, at.before), (pair.after, at.after))
            )
            pair = replace(pair, before=before, after=after)
        pairs.append(pair)
    return replace(run, pairs=tuple(pairs))


def hostile(text: str) -> Run:
    """A run with ``text`` in every place of an attribution that holds text."""
    plans = (tried(400, 3.0, cost=900.0), tried(420, 9.0, cost=100.0), tried(5000, 80.0), tried(6, 0.5))
    made = replace(
        runs.hostile(text),
        attribution=Attribution(
            needs={text: (text,)},
            not_tried={text: text},
            cells=(cell(text, text, names=(text,)), cell(text, "b", *plans[:2], names=(text,))),
            smallest=SetTried(
                (text,),
                {f"{text}[{text}]": (3.0,) * 80, f"{text}[b]": (3.0,) * 80},
                members=(LeftOut(text, (text,), {f"{text}[{text}]": (300.0,) * 20}),),
                dropped=(text,),
                note=text,
            ),
            writes=(Write(text, text, text, text),),
            write_costs=(write_cost(text, text), write_cost(text, "")),
            stored=(stored(text, name=text, table=text, method=text),),
            churn=Churn({text: 1}, 1.0, text),
            shipped=(
                shipped(text, locks=(text,), error=text),
                shipped(text, "concurrent", locks=(text, text)),
            ),
            load=Load(1, 1.0, (1.0,), 50.0, text),
            indexes=(
                index(text, text, table=text, valid=False),
                index(f"{text}.u", text, table=text),
                index(f"{text}.v", text, table=text, unique=True, constraint=text),
            ),
            foreign_keys=(ForeignKeyFacts(text, text, (text,), text, 5),),
            upkeep_uses=(text,),
            notes=(text,),
        ),
    )
    return as_timed(made)
