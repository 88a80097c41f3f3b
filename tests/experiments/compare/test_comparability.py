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
NEW = replace(TABLES[0], name="crm.new")


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


def test_reasons_come_in_order_and_what_forbids_more_decides_the_level() -> None:
    head = replace(
        RUN,
        workload="shop",
        machine=replace(RUN.machine, cpu="Xeon", cores=8),
        server=replace(RUN.server, kind="docker"),
    )
    found = comparable(facts_of(RUN), facts_of(head))
    assert [one.short for one in found.reasons] == ["another workload", "another machine", "another kind of server"]
    assert found.times[0].sentence == "The machine differs (processor: EPYC 7B13 → Xeon; cores: 2 → 8)."
    assert (found.level, Comparable(times=found.times).level, Comparable().level) == ("nothing", "counters", "times")


@pytest.mark.parametrize("more", [{"scale": 7}, {"seed": 7}, {"skew": "flat"}])
def test_tables_of_another_dataset_are_not_compared_beside_it(more: dict) -> None:
    """Else all of them would be said to differ."""
    assert [one.short for one in dataset(tables=(), **more).counters] == [f"another {next(iter(more))}"]
    assert [one.short for one in dataset(tables=(), clock="2026-01-01").counters] == ["another clock", "unknown rows"]


def test_every_table_that_differs_is_named_and_one_that_only_one_run_has_is_not() -> None:
    moved = tuple(replace(one, rows=7) for one in TABLES)
    assert dataset(tables=moved).counters[0].sentence == "The content of crm.leads and crm.communications differs."
    assert dataset(tables=(TABLES[0], replace(TABLES[1], name="crm.new"))).level == "times"


def test_settings_are_named_by_name_on_the_side_to_which_they_belong() -> None:
    found = server(settings=settings(work_mem="4MB", jit="on", fsync="off", shared_buffers="2GB"))
    assert found.counters[0].sentence == "Settings that shape plans differ: jit off → on and work_mem not known → 4MB."
    assert (
        found.times[0].sentence == "Settings that cost time differ: fsync not known → off and shared_buffers 1GB → 2GB."
    )
    assert [one.short for one in server(settings={}).reasons] == ["unknown settings"]


@pytest.mark.parametrize(
    ("base", "head", "said"), [(0, 20, "none → 20 %, churn.sql c0de"), (20, 20, ""), (20, 30, "20 %")]
)
def test_databases_of_another_age_do_not_compare(base: int, head: int, said: str) -> None:
    facts = [replace(facts_of(RUN), aged=f"{share} %, churn.sql c0de" if share else "none") for share in (base, head)]
    found = comparable(*facts).counters
    assert (found[0].sentence if found else "").count(said) == 1
    assert bool(found) is bool(said)


@pytest.mark.parametrize(
    ("more", "remarks"),
    [
        ({"options": replace(RUN.options, warmups=9)}, ("The number of warm-ups differs: 2 → 9.",)),
        ({"machine": replace(RUN.machine, python="3.13")}, ("The version of Python differs: 3.12.4 → 3.13.",)),
        ({"status": "interrupted", "id": "x"}, ("Run x is interrupted: cells are missing.",)),
        ({"pgproof": "0.2"}, ("The version of pgproof, and with it perhaps how it measures, differs: 0.1.0 → 0.2.",)),
        ({"dataset": replace(RUN.dataset, tables=(*TABLES, NEW))}, ("Tables that are new: crm.new.",)),
        ({"dataset": replace(RUN.dataset, tables=(*TABLES, replace(NEW, rows=900_000, content_hash="")))},
         ("Tables that are new: crm.new.",)),
    ],
)  # fmt: skip
def test_a_remark_says_what_a_reader_has_to_know(more: dict, remarks: tuple[str, ...]) -> None:
    assert against(**more).remarks == remarks


def test_a_run_that_both_ended_early_says_so_of_each() -> None:
    ended = replace(RUN, status="interrupted", id="a")
    found = comparable(facts_of(ended), facts_of(replace(ended, id="b")))
    assert [one[:6] for one in found.remarks] == ["Run a ", "Run b "]


def test_a_table_that_one_run_hashed_is_not_taken_for_the_same() -> None:
    unhashed = tuple(replace(one, content_hash="") for one in TABLES)
    assert dataset(tables=unhashed).level == "nothing"
    assert dataset(tables=unhashed).remarks == ()
    facts = facts_of(
        replace(RUN, dataset=replace(RUN.dataset, tables=(replace(TABLES[0], content_hash=""), TABLES[1])))
    )
    assert comparable(facts, facts).remarks == (
        "The content of crm.leads is taken for the same by its number of rows: it was not hashed.",
    )


@pytest.mark.parametrize(("rows", "said"), [(SAMPLED_FROM_ROWS, 0), (SAMPLED_FROM_ROWS + 1, 1)])
def test_a_table_up_to_the_sample_s_size_is_read_whole(rows: int, said: int) -> None:
    facts = facts_of(with_tables(RUN, rows=rows))
    assert len(comparable(facts, facts).remarks) == said
    gone = replace(facts, rows={"crm.other": rows}, hashes={"crm.other": "x"})
    assert not any("sample" in one for one in comparable(facts, gone).remarks)


def test_facts_are_those_of_the_run() -> None:
    facts = facts_of(RUN)
    assert (facts.scale, facts.unit, facts.seed, facts.aged) == (100_000, "leads", 42, "none")
    assert facts.rows == {one.name: one.rows for one in TABLES}
    assert facts.hashes == {one.name: one.content_hash for one in TABLES}


def test_memory_that_differs_by_little_is_seen_to_differ() -> None:
    (found,) = machine(memory_bytes=8_589_934_593).times
    assert "8,589,934,592 B" in found.sentence
    assert "8,589,934,593 B" in found.sentence


@pytest.mark.parametrize(
    "more",
    [
        {"workload": "aaa"}, {"workload": "zzz"}, {"pgproof": "0.0.9"}, {"pgproof": "0.2.0"}, {"scale": 1},
        {"scale": 10**9}, {"unit": "a"}, {"unit": "z"}, {"seed": 1}, {"seed": 99}, {"skew": "a"}, {"skew": "z"},
        {"clock": "1"}, {"clock": "3"}, {"aged": "a"}, {"aged": "z"},
    ],
    ids=str,
)  # fmt: skip
def test_what_differs_is_told_whichever_is_larger(more: dict) -> None:
    found = comparable(facts_of(RUN), replace(facts_of(RUN), **more))
    assert len(found.counters) + len(found.remarks) == 1


@pytest.mark.parametrize("low", ["A", ""])
def test_a_machine_or_server_that_differs_is_told_whichever_is_larger(low: str) -> None:
    for field, number in (("cpu", 0), ("system", 0), ("cores", 1), ("memory_bytes", 1)):
        for value in (1, 10**12) if number else (low, "~"):
            assert [one.short for one in machine(**{field: value}).times] == ["another machine"]
    for field, short in (("kind", "another kind of server"), ("version", "another version of PostgreSQL")):
        for value in (low, "~"):
            assert [one.short for one in server(**{field: value}).times] == [short]
    for value in (low, "~"):
        assert len(machine(python=value).remarks) == 1
        assert [one.short for one in server(settings=settings(jit=value)).reasons] == ["other settings"]
