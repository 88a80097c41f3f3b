"""What of two runs may be compared: each rule by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.experiments.compare.comparability import SAMPLED_FROM_ROWS, Comparable, comparable, facts_of
from bench.model import Run
from bench.postgres.build_settings import SAMPLE_ROWS_PER_TARGET, TARGET_MAX
from tests.builders import runs

RUN = runs.run(runs.pair())
TABLES = RUN.dataset.tables


def against(**more: object) -> Comparable:
    """The run beside one in which something is another."""
    return comparable(facts_of(RUN), facts_of(replace(RUN, **more)))


def dataset(**more: object) -> Comparable:
    return against(dataset=replace(RUN.dataset, **more))


def server(**more: object) -> Comparable:
    return against(server=replace(RUN.server, **more))


def machine(**more: object) -> Comparable:
    return against(machine=replace(RUN.machine, **more))


def settings(**more: str) -> dict[str, str]:
    return RUN.server.settings | more


def test_a_run_of_the_same_rows_machine_and_server_compares_in_everything():
    assert against(id="other", started_at="2026-01-01", workload_hash="other") == Comparable()


@pytest.mark.parametrize(
    ("found", "short", "said"),
    [
        (dataset(scale=20_000), "another scale", "100,000 leads → 20,000 leads"),
        (dataset(unit="orders"), "another scale", "100,000 orders"),
        (dataset(seed=7), "another seed", "42 → 7"),
        (dataset(skew="flat"), "another skew", "default → flat"),
        (dataset(clock="2026-01-01"), "another clock", "2026-01-01"),
        (dataset(tables=(replace(TABLES[0], content_hash="beef"), TABLES[1])), "other rows in the tables", "crm.leads"),
        (dataset(tables=(replace(TABLES[0], rows=7), TABLES[1])), "other rows in the tables", "crm.leads"),
        (dataset(tables=()), "unknown rows", "ended before"),
        (against(workload="shop"), "another workload", "crm → shop"),
        (server(version_num=170_004), "another major version of PostgreSQL", "PostgreSQL 18 → 17"),
        (server(version_num=190_001), "another major version of PostgreSQL", "PostgreSQL 18 → 19"),
        (server(settings=settings(work_mem="4MB")), "other settings", "work_mem not known → 4MB"),
        (server(settings=settings(jit="on")), "other settings", "jit off → on"),
        (server(settings={}), "unknown settings", "does not say"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_rows_major_version_or_plan_settings_forbid_every_comparison(found, short, said):
    assert found.level == "nothing"
    (reason,) = found.counters
    assert reason.short == short
    assert said in reason.sentence


@pytest.mark.parametrize(
    ("found", "short", "said"),
    [
        (machine(cpu="Xeon"), "another machine", "EPYC 7B13 → Xeon"),
        (machine(cores=8), "another machine", "cores: 2 → 8"),
        (machine(memory_bytes=8_589_934_593), "another machine", "8,589,934,593 B"),
        (machine(system="Linux 6.2"), "another machine", "Linux 6.2"),
        (server(kind="docker"), "another kind of server", "embedded → docker"),
        (server(version="18.2"), "another version of PostgreSQL", "18.1 → 18.2"),
        (server(settings=settings(shared_buffers="2GB")), "other settings", "shared_buffers 1GB → 2GB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_place_forbids_comparing_times_alone(found, short, said):
    assert found.level == "counters"
    (reason,) = found.times
    assert reason.short == short
    assert said in reason.sentence


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (against(status="interrupted"), "is interrupted"),
        (against(options=replace(RUN.options, target_ms=50.0)), "target differs: 100 ms → 50 ms"),
        (against(options=replace(RUN.options, timeout_s=5.0)), "30 s → 5 s"),
        (against(pgproof="0.2.0"), "version of pgproof"),
        (dataset(tables=TABLES[:1]), "Tables that are gone: crm.communications"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_forbids_nothing_is_said_all_the_same(found, said):
    assert found.level == "times"
    assert said in " ".join(found.remarks)


def with_tables(run: Run, **more: object) -> Run:
    return replace(run, dataset=replace(run.dataset, tables=tuple(replace(one, **more) for one in TABLES)))


def test_tables_that_were_not_hashed_are_taken_for_the_same_and_that_is_said():
    facts = facts_of(with_tables(RUN, content_hash=""))
    found = comparable(facts, facts)
    assert found.level == "times"
    assert "was not hashed" in found.remarks[0]


def test_statistics_of_large_tables_are_of_a_sample_and_that_is_said():
    facts = facts_of(with_tables(RUN, rows=SAMPLED_FROM_ROWS + 1))
    assert "are of a sample" in comparable(facts, facts).remarks[0]
    assert SAMPLED_FROM_ROWS == TARGET_MAX * SAMPLE_ROWS_PER_TARGET
