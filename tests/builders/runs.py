"""Made-up runs for tests: small parts with defaults, and one run shaped like the CRM's."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from bench import model
from bench.model import Binding, CellSide, Equality, Pair, PlanSeen, Query, Run, Sample
from bench.plans import from_explain

CLASSES = ("hot", "p90", "median", "tiny", "empty")

HOSTILE = (
    "<script>alert('x')</script>",
    "</script><img src=x onerror=alert(1)>",
    "</style></details></table>",
    "a | b `c` *d* [e](javascript:f) <b>",
    "'\"&amp;\\",
    '=HYPERLINK("http://example.org";"x")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\u202eright to left \u0627\u0644\u0639\u0645\u0644\u0627\u0621",
    "{{ 7*7 }}{% raw %}",
    "$\\frac{1}{0}$ $$ _^",
    "null \x00 bell \x07 escape \x1b[31m lone \ud800",
    "line\nbreak\r\nand\ttab\u2028separator",
    "x" * 5_000,
    "\U0001f418 \u6f22\u5b57",
)
"""Text that breaks a page, a table or a spreadsheet where it is not escaped."""


def scan(relation: str, *, index: str = "", buffers: int = 100, rows: int = 20, removed: int = 0, **more: Any) -> Any:
    """A plan of one scan, as EXPLAIN gives it."""
    node = {
        "Node Type": "Index Scan" if index else "Seq Scan",
        "Relation Name": relation,
        "Alias": relation[:1],
        "Plan Rows": rows * 3,
        "Actual Rows": float(rows),
        "Actual Loops": 1,
        "Rows Removed by Filter": removed,
        "Filter": f"({relation[:1]}.deleted_at IS NULL)",
        "Shared Hit Blocks": buffers,
        "Shared Read Blocks": 0,
    }
    return node | ({"Index Name": index, "Scan Direction": "Forward"} if index else {}) | more


def limit(child: Any, *, sort: tuple[str, ...] = ()) -> Any:
    """A Limit, over a Sort where keys are given, over ``child``."""
    inherited = {key: child[key] for key in ("Shared Hit Blocks", "Shared Read Blocks", "Actual Rows", "Actual Loops")}
    if sort:
        child = {"Node Type": "Sort", "Sort Key": list(sort), "Plan Rows": 20, **inherited, "Plans": [child]}
    return {"Node Type": "Limit", "Plan Rows": 20, **inherited, "Plans": [child]}


def seen(plan: Any, *, planning_ms: float = 0.2, execution_ms: float = 1.0) -> PlanSeen:
    return from_explain([{"Plan": plan, "Planning Time": planning_ms, "Execution Time": execution_ms}])


@lru_cache(maxsize=None, typed=True)  # 80 and 80.0 are drawn from different seeds
def samples(
    ms: float, n: int = 80, *, spread: float = 0.05, seed: int = 1, censored: bool = False
) -> tuple[Sample, ...]:
    rng = random.Random(f"{ms}/{n}/{seed}")
    times = [float(ms) if censored else ms * rng.lognormvariate(0, spread) for _ in range(n)]
    return tuple(Sample(ms=round(t, 4), at_s=round(i * 0.5, 3), censored=censored) for i, t in enumerate(times))


def side(ms: float, plan: Any = None, *, n: int = 80, **more: Any) -> CellSide:
    """A measured cell; censored samples are made by ``samples=``."""
    made = {"samples": samples(ms, n), "first_ms": ms * 3 + 2, "plan": seen(plan) if plan else None}
    return CellSide(**(made | more))


EQUAL = Equality(equal=True, before_hash="1f3a", after_hash="1f3a", rows_before=20, rows_after=20)
DIFFERENT = Equality(
    equal=False,
    before_hash="1f3a",
    after_hash="77b0",
    rows_before=20,
    rows_after=19,
    detail="1 row is missing after: (42, 'Ada', 97)",
)


def pair(
    query_name: str = "queue",
    parameter_class: str = "hot",
    *,
    before_ms: float = 300,
    after_ms: float = 3,
    index: str = "leads_queue_idx",
    n: int = 80,
    **more: Any,
) -> Pair:
    """A measured pair whose after plan uses ``index``; with ``index=""`` the plan is unchanged."""
    before = limit(scan("leads", buffers=3960, removed=14_000), sort=("l.lead_score DESC", "l.id"))
    after = limit(scan("leads", index=index, buffers=6)) if index else before
    made = {
        "query": query_name,
        "parameter_class": parameter_class,
        "bindings": (Binding(args={"organization_id": "1"}, result_rows=20),),
        "equality": EQUAL,
        "before": side(before_ms, before, n=n),
        "after": side(after_ms, after, n=n),
    }
    return Pair(**(made | more))


def query(name: str = "queue", **more: Any) -> Query:
    made = {
        "name": name,
        "title": name.replace("_", " ").title(),
        "asks": f"What does {name} want to know?",
        "tables": ("crm.leads",),
        "parameters": (model.Parameter(name="organization_id", type="bigint", source="class"),),
        "classes": (),
        "extra_classes": {},
        "expects": ("leads_queue_idx",),
        "writes": False,
        "cross_tenant": "",
        "sql": "SELECT id\nFROM crm.leads\nWHERE organization_id = :organization_id\nORDER BY id LIMIT 20",
        "line": 7,
        "file": f"queries/{name}.sql",
    }
    return Query(**(made | more))


def optimization(name: str = "leads_queue_idx", *, sql: str | None = None, **more: Any) -> model.Optimization:
    statement = f"CREATE INDEX {name} ON crm.leads (organization_id, lead_score DESC)" if sql is None else sql
    made = {
        "name": name,
        "category": "partial",
        "why": "The queue reads the whole tenant and sorts it.",
        "serves": ("queue",),
        "statements": (model.Statement(sql=statement, line=3),),
        "undo": (f"DROP INDEX crm.{name}",),
        "file": "optimizations.sql",
        "line": 1,
    }
    return model.Optimization(**(made | more))


def applied(name: str = "leads_queue_idx", **more: Any) -> model.Applied:
    made = {
        "name": name,
        "build_ms": 812.4,
        "size_bytes": 3_145_728,
        "wal_bytes": 3_400_000,
        "locks": ("ShareLock on crm.leads",),
    }
    return model.Applied(**(made | more))


def run(*pairs: Pair, **more: Any) -> Run:
    """A complete run with a query for each name in ``pairs``."""
    made = {
        "id": "20250601T080000Z-4f2a",
        "started_at": "2025-06-01T08:00:00Z",
        "finished_at": "2025-06-01T08:02:20Z",
        "status": "complete",
        "pgproof": "0.1.0",
        "workload": "crm",
        "workload_hash": "9a4c0f17",
        "options": model.Options(rounds=20, budget_s=60.0, timeout_s=30.0, warmups=2, seed=1, target_ms=100.0),
        "machine": model.Machine(
            cpu="EPYC 7B13", cores=2, memory_bytes=8_589_934_592, system="Linux 6.1 x86_64", python="3.12.4"
        ),
        "server": model.Server(
            kind="embedded", version="18.1", version_num=180001, settings={"shared_buffers": "1GB", "jit": "off"}
        ),
        "dataset": model.Dataset(
            key="5be1c2", scale=100_000, unit="leads", seed=42, skew="default", clock="2025-06-01T00:00:00Z",
            cached=False, load_s=18.2, index_s=9.4, vacuum_s=3.1,
            tables=(
                model.TableSeen("crm.leads", 100_000, "c0ffee01", 48_000_000, 61_000_000),
                model.TableSeen("crm.communications", 412_733, "c0ffee02", 210_000_000, 98_000_000),
            ),
            checks=(
                model.Check("tenant exponent", 0.91, 0.85, 0.95),
                model.Check("share of leads without e-mail", 0.03, 0.02, 0.04),
            ),
            distributions=(
                model.Distribution(
                    "Leads per organization", "leads in the organization", "organizations",
                    (model.Bar("0", 2), model.Bar("1–9", 38), model.Bar("10–99", 0), model.Bar("100 or more", 160)),
                ),
            ),
        ),
        "queries": tuple(query(name) for name in dict.fromkeys(p.query for p in pairs)) or (query(),),
        "optimizations": (optimization(),),
        "applied": (applied(),),
        "pairs": pairs,
        "phases_s": {"server": 0.6, "dataset": 31.0, "optimize": 12.0, "equality": 4.5, "measure": 60.2},
        "notes": (),
    }  # fmt: skip
    return Run(**(made | more))


def cooled(pair: Pair, *, before_ms: float = 900, after_ms: float = 40, n: int = 5) -> Pair:
    """``pair`` with executions with emptied caches."""
    return replace(
        pair,
        before=replace(pair.before, cold=samples(before_ms, n, seed=2), cold_blocks=model.ColdBlocks(3960, 12)),
        after=replace(pair.after, cold=samples(after_ms, n, seed=3), cold_blocks=model.ColdBlocks(6, 0)),
    )


def caches(**more: Any) -> model.ColdCaches:
    """Caches that were emptied as well as can be."""
    made = {
        "executions": 5, "buffers": "evicted", "system": "files", "times": 12,
        "file_pages": 40_000, "left_pages_most": 0,
    }  # fmt: skip
    return model.ColdCaches(**(made | more))


# title, asks, (before ms, after ms) in the hot class, index
CRM = (
    ("Lead Assignment Queue", "Which 20 unassigned leads should be worked on next?", 61, 0.4, "leads_queue_idx"),
    ("Lead Scoring Analysis", "How do temperature and source relate to score?", 143, 9.1, "leads_scoring_covering_idx"),
    ("JSON Tag Search", "Which leads carry this tag, newest first?", 232, 2.3, "leads_tags_gin_idx"),
    ("Communication History", "What was said to this lead last?", 418, 0.5, "communications_history_idx"),
    ("User Activity Tracking", "Who did what in the last 30 days?", 1210, 14, "activity_window_idx"),
    ("Organization Health Metrics", "How is this customer doing today?", 377, 3.6, "org_health_idx"),
    ("Lead List Page", "Page 201 of all leads, newest first.", 88, 19, "leads_org_created_idx"),
    ("Pipeline Board", "The ten best leads of each status.", 165, 1.9, "leads_board_idx"),
    ("Lead Search", "Is this person a lead already?", 97, 6.2, "leads_name_trgm_idx"),
    ("Campaign Funnel", "How many members reached each step?", 31, 22, "campaign_members_status_idx"),
    ("Claim Next Lead", "Take the best free lead, once.", 64, 0.9, "leads_queue_idx"),
    ("Due Communications", "Which messages are due now?", 3900, 1.1, "communications_due_idx"),
    ("Provider Webhook", "Which message does this receipt belong to?", 720, 1.3, "communications_meta_gin_idx"),
    ("Automation Monitor", "Which automations fail?", 84, 2.2, "automation_runs_failed_idx"),
    ("Automation Enrolment", "Which leads has this automation never met?", 140, 104, "automation_runs_pair_idx"),
    ("Audit Trail", "Who changed this field in the last 30 days?", 122, 121, ""),
)
SHRINK = {"hot": 1.0, "p90": 0.3, "median": 0.12, "tiny": 0.03, "empty": 0.01, "worst": 1.7}


@cache
def crm() -> Run:
    """A run as the bundled workload makes it: 16 queries, 104 pairs, 80 to 120 samples a cell."""
    queries, pairs, optimizations = [], [], {}
    for number, (title, asks, before, after, index) in enumerate(CRM):
        name = title.lower().replace(" ", "_")
        classes = (*CLASSES, "worst", "worst_burst") if number % 2 else (*CLASSES, "worst")
        queries.append(query(name, title=title, asks=asks, expects=(index,) if index else ()))
        for position, kind in enumerate(classes):
            factor = SHRINK.get(kind, 1.3)
            pairs.append(
                pair(
                    name,
                    kind,
                    before_ms=max(before * factor, 0.08),
                    after_ms=max(min(after * (factor if after > 50 else 1), before * factor * 1.1), 0.06),
                    index=index,
                    n=80 + 10 * (position % 5),
                )
            )
        if index:
            optimizations[index] = optimization(index, serves=(name,), category=("composite", "partial")[number % 2])
    optimizations["leads_source_idx"] = optimization("leads_source_idx", category="composite", serves=("lead_search",))
    optimizations["leads_score_check"] = optimization(
        "leads_score_check", category="data-integrity", serves=(),
        sql="ALTER TABLE crm.leads ADD CONSTRAINT leads_score_check CHECK (lead_score BETWEEN 0 AND 100) NOT VALID",
    )  # fmt: skip
    hopeless = pairs.index(next(p for p in pairs if p.query == "due_communications" and p.parameter_class == "worst"))
    stopped = replace(pairs[hopeless].before, samples=samples(30_000, 1, censored=True), plan=None)
    pairs[hopeless] = replace(pairs[hopeless], before=stopped)
    return run(
        *pairs,
        queries=tuple(queries),
        optimizations=tuple(optimizations.values()),
        applied=tuple(
            applied(name, build_ms=120.0 + 97 * i, size_bytes=1_000_000 * (i + 1) if "check" not in name else 0)
            for i, name in enumerate(optimizations)
        ),
    )


def hostile(text: str) -> Run:
    """A run with ``text`` in every place that holds text."""
    bad_scan = scan("leads", index=text, Filter=text, **{"Relation Name": text, "Alias": text, "Subplan Name": text})
    bad_scan |= {"Sort Method": text, "Sort Space Type": "Disk", "Sort Space Used": 8}
    cell = side(50, limit(bad_scan, sort=(text,)), error=text)
    before = side(80, limit(scan(text)))
    pairs = [
        Pair(text, text, (Binding({text: text, "b": None}, 3, text),), replace(DIFFERENT, detail=text), before, cell),
        cooled(replace(pair(text, "hot"), before=before, after=side(5, limit(bad_scan)))),
        replace(pair(text, "tiny"), skipped=text),
    ]
    made = run(*pairs)
    parameter = model.Parameter(text, text, text)
    asked = query(
        text, title=text, asks=text, tables=(text,), parameters=(parameter,), extra_classes={text: text},
        class_reasons={text: text}, expects=(text,), cross_tenant=text, sql=text, file=text,
        rewrite=model.Rewrite(text, text, 1),
    )  # fmt: skip
    return replace(
        made,
        id=text, started_at=text, finished_at=text, pgproof=text, workload=text, workload_hash=text,
        queries=(asked,),
        optimizations=(
            optimization(text, category=text, why=text, serves=(text,), sql=text, undo=(text,), file=text),
        ),
        applied=(applied(text, locks=(text,)),),
        machine=replace(made.machine, cpu=text, system=text, python=text),
        server=replace(made.server, kind=text, version=text, settings={text: text}),
        dataset=replace(
            made.dataset, key=text, unit=text, skew=text, clock=text,
            tables=(model.TableSeen(text, 1, text, 1, 1),), checks=(model.Check(text, None, 0, 1),),
            distributions=(model.Distribution(text, text, text, (model.Bar(text, 1), model.Bar(text, 2))),),
        ),
        phases_s={text: 1.0},
        notes=(text,),
        class_reasons={text: text},
        cold=caches(system="kept", buffers_why=text, system_why=text),
    )  # fmt: skip
