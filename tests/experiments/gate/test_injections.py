"""Injected regressions on a real CRM: what is caught, by what, and what is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median

import pytest

from bench.cells.work import Difference, more_work
from bench.dataset.bindings import choose_bindings
from bench.dataset.template import Build, ensure
from bench.dataset.worker import Recipe
from bench.errors import WorkloadError
from bench.experiments.gate import injections
from bench.experiments.gate.record import Key
from bench.measurement import Cell, Sides
from bench.measurement.execution import Bindings, cells_of, execute, explain, result_rows
from bench.measurement.loops import SAMPLE_MS, prepare, process_clock
from bench.model import Injection, PlanSeen, Query, Statement
from bench.postgres import databases, optimizations
from bench.postgres.connection import Connection, Target, checkpoint
from bench.postgres.servers import ServerHandle
from bench.progress import silent
from bench.workload.injections import read_injections
from bench.workload.sqlfile import placeholders
from tests import ROOT
from tests.builders.crm import CRM

READS = tuple(query for query in CRM.queries if not query.writes)
ALL = read_injections(ROOT, CRM.queries)
LEADS = 5000
"""With 3,000 some plans are another one."""
AFTER = "pgproof_injections_after"


def those(**wanted: object) -> list[object]:
    """The injections with these values, as parameters of a test."""
    found = [i for i in ALL if all(getattr(i, name) == value for name, value in wanted.items())]
    return [pytest.param(injection, id=injection.name) for injection in found]


@dataclass(frozen=True)
class Crm:
    """The CRM in its after state, and what each of its reading cells does there."""

    target: Target
    bindings: Bindings
    base: dict[Key, PlanSeen]

    def count(self, name: str, queries: tuple[Query, ...], **settings: str) -> dict[Key, PlanSeen]:
        """The third execution of each cell: the first ones fill the caches of the connection."""
        return count(replace(self.target, settings={**self.target.settings, **settings}), name, queries, self.bindings)

    def grown(self, injection: Injection, queries: tuple[Query, ...] = READS) -> dict[Key, tuple[Difference, ...]]:
        """The cells that do more work with the injection, and how much."""
        worse = tuple(injections.worse(query, injection) for query in queries)
        if injection.kind != "database":  # sessions that count cannot write, so nothing needs a copy
            head = self.count(AFTER, worse, **injection.settings)
        else:
            with self.spoiled(injection) as name:
                head = self.count(name, worse)
        moved = {key: more_work(self.base[key].counters, seen.counters, writes=False) for key, seen in head.items()}
        return {key: differences for key, differences in moved.items() if differences}

    @contextmanager
    def spoiled(self, injection: Injection) -> Iterator[str]:
        """A copy with the injection in it."""
        name = "pgproof_injections_head"
        with self.target.connect() as admin:
            databases.create(admin, name, "scratch", template=AFTER)
            with self.target.connect(name) as connection:
                injections.apply(connection, injection, self.target)
            yield name
            databases.drop(admin, name)


def count(target: Target, name: str, queries: tuple[Query, ...], bindings: Bindings) -> dict[Key, PlanSeen]:
    seen = {}
    with Sides(target, {"after": name}, 60).connect("after", writes=False) as connection:
        for cell in cells_of(queries, bindings):
            seen[cell.query.name, cell.parameter_class] = [explain(connection, cell, "after", 0) for _ in range(3)][-1]
    return seen


@pytest.fixture(scope="module")
def crm(server: ServerHandle, target: Target) -> Iterator[Crm]:
    """The CRM with its optimizations, made once; every injection gets a copy."""
    build = Build(target, server.version_num // 10000, server.bulk, 2, silent)
    with target.connect() as admin:
        template, _ = ensure(admin, CRM, Recipe(CRM.dataset, LEADS, 1, "default"), build)
        with target.connect(template) as connection:
            bindings = choose_bindings(connection, CRM.queries, CRM.dataset / "classes.sql", CRM.clock, silent)
        with server.bulk():
            databases.create(admin, AFTER, "after", template=template)
            with target.connect(AFTER) as connection:
                optimizations.apply_all(connection, CRM.optimizations, silent)
        checkpoint(admin)
        yield Crm(target, bindings, count(target, AFTER, READS, bindings))
        databases.drop(admin, AFTER)
        databases.drop(admin, template)


# ---------------------------------------------------------------------------------------------- what is caught
def test_there_are_31_and_25_of_them_do_more_counted_work() -> None:
    assert Counter(injection.caught_by for injection in ALL) == {"counters": 25, "rows": 2, "nothing": 3, "time": 1}


@pytest.mark.parametrize("injection", those(caught_by="counters"))
def test_the_counters_see_it_in_every_query_that_should_notice(crm: Crm, injection: Injection) -> None:
    named = tuple(query for query in READS if query.name in injection.queries)
    assert {query for query, _ in crm.grown(injection, named)} == set(injection.queries) != set()


def answers(crm: Crm, name: str) -> dict[Key, list[list[list[bytes]]]]:
    with Sides(crm.target, {"after": name}, 60).connect("after", writes=False) as connection:
        return {
            (cell.query.name, cell.parameter_class): [
                sorted(result_rows(execute(connection, cell, "after", number)[1]))
                for number in range(len(cell.bindings))
            ]
            for cell in cells_of(READS, crm.bindings)
        }


@pytest.fixture(scope="module")
def answered(crm: Crm) -> dict[Key, list[list[list[bytes]]]]:
    return answers(crm, AFTER)


@pytest.mark.parametrize("injection", those(kind="database"))
def test_rows_are_others_where_it_says_so_and_nowhere_else(crm: Crm, injection: Injection, answered: dict) -> None:
    with crm.spoiled(injection) as name:
        now = answers(crm, name)
    assert now.keys() == answered.keys()
    wrong = {query for query, _ in now if any(now[key] != answered[key] for key in now if key[0] == query)}
    assert wrong == (set(injection.queries) if injection.caught_by == "rows" else set())


@pytest.mark.parametrize("injection", those(caught_by="nothing"))
def test_statistics_that_change_no_work_are_not_flagged(crm: Crm, injection: Injection) -> None:
    assert crm.grown(injection) == {}


@pytest.mark.parametrize("injection", those(caught_by="time"))
def test_pure_computing_takes_time_but_no_counted_work(crm: Crm, injection: Injection) -> None:
    (query,) = [query for query in READS if query.name in injection.queries]
    assert crm.grown(injection, (query,)) == {}
    base = max(
        cells_of([query], crm.bindings), key=lambda cell: crm.base[query.name, cell.parameter_class].counters.rows
    )
    head = replace(base, query=injections.worse(query, injection))
    with Sides(crm.target, {"after": AFTER}, 60).connect("after", writes=True) as connection:  # for functions
        assert slowdown(connection, base, head) > 1.3


def slowdown(connection: Connection, base: Cell, head: Cell) -> float:
    """Median of paired ratios, looped in the server."""
    clock = process_clock(connection, readable=True)
    old, new = (prepare(connection, number, cell, "after", clock) for number, cell in enumerate((base, head)))
    loops = 1 + round(SAMPLE_MS / old.run(5))
    return median(new.run(loops) / old.run(loops) for _ in range(12))


# -------------------------------------------------------------------------------------------------- queries
@pytest.mark.parametrize("injection", those(kind="query"))
def test_another_text_binds_the_same_parameters(injection: Injection) -> None:
    (query,) = [query for query in CRM.queries if query.name in injection.queries]
    assert set(placeholders(injection.sql)) == set(placeholders(query.text("after")))


@pytest.mark.parametrize("injection", those(kind="query"))
def test_another_text_gives_the_same_rows_where_it_says_so(crm: Crm, injection: Injection) -> None:
    (query,) = [query for query in READS if query.name in injection.queries]
    with Sides(crm.target, {"after": AFTER}, 60).connect("after", writes=False) as connection:
        differs = [
            cell.parameter_class
            for cell in cells_of([query], crm.bindings)
            for number in range(len(cell.bindings))
            for worse in [replace(cell, query=injections.worse(query, injection))]
            if sorted(result_rows(execute(connection, cell, "after", number)[1]))
            != sorted(result_rows(execute(connection, worse, "after", number)[1]))
        ]
    assert (differs == []) == injection.same_rows


def test_an_injection_leaves_the_other_queries_alone() -> None:
    (injection,) = [injection for injection in ALL if injection.name == "not_in"]
    changed = [query.name for query in CRM.queries if injections.worse(query, injection) is not query]
    assert changed == list(injection.queries)


# -------------------------------------------------------------------------------------------------- made up
@pytest.fixture(scope="module")
def made_up(crm: Crm) -> tuple[Injection, ...]:
    """What pgproof makes up for the CRM, as if it had brought no injections."""
    plans = [seen.plan for seen in crm.base.values()]
    with crm.target.connect(AFTER) as connection:
        return injections.generic(connection, plans, superuser=True)


MADE_UP = (
    "drop_index", "drop_primary_key", "small_work_mem", "index_scans_off", "bitmap_scans_off", "index_only_scans_off",
    "lost_visibility_map", "bloat", "lost_statistics", "stale_row_count",
)  # fmt: skip


def test_a_workload_without_injections_gets_some(made_up: tuple[Injection, ...]) -> None:
    assert tuple(injection.name for injection in made_up) == MADE_UP


@pytest.mark.parametrize("name", ["drop_index", "drop_primary_key", "lost_visibility_map", "bloat"])
def test_what_is_made_up_does_more_work_in_the_crm(crm: Crm, made_up: tuple[Injection, ...], name: str) -> None:
    (injection,) = [injection for injection in made_up if injection.name == name]
    assert crm.grown(injection)


def test_a_database_without_tables_gets_settings_only(admin: Connection, target: Target) -> None:
    databases.create(admin, "pgproof_void", "scratch")
    with target.connect("pgproof_void") as connection:
        assert {injection.kind for injection in injections.generic(connection, [], superuser=True)} == {"settings"}


# ------------------------------------------------------------------------------------------------- applying
def apply_these(target: Target, connection: Connection, *statements: str) -> None:
    lines = tuple(Statement(text, line) for line, text in enumerate(statements, 7))
    injection = Injection("x", "X", "database", (), "counters", "w", lines, file="injections/x.sql", line=7)
    injections.apply(connection, injection, target)


def test_a_statement_that_fails_is_named_by_its_line(target: Target) -> None:
    with target.connect() as connection, pytest.raises(WorkloadError, match=r"injections/x\.sql:8: .*nowhere"):
        apply_these(target, connection, "SELECT 1", "DROP INDEX nowhere")


def test_an_open_transaction_is_refused(target: Target) -> None:
    with target.connect() as connection, pytest.raises(WorkloadError, match=r"injections/x\.sql:7: leaves a trans"):
        apply_these(target, connection, "BEGIN")
