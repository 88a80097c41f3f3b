"""Before and after in one database, one after the other: the same answers and plans, and every report says so."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from bench import storage
from bench.cells.cell import WRONG
from bench.cli import main
from bench.errors import DiskFull, ServerError
from bench.experiments.before_after.document import EXPERIMENT
from bench.experiments.before_after.limitations import NO_COPY, limitations
from bench.experiments.before_after.order import ONE_COPY
from bench.experiments.before_after.run import RunOptions, run
from bench.experiments.before_after.summary import summarize
from bench.experiments.room import Wanted, in_turn_bytes
from bench.experiments.setup import SetupOptions
from bench.model import STATES, Difference, Options, Run
from bench.postgres import databases
from bench.postgres.connection import Target
from bench.postgres.servers import ServerHandle, ServerOptions, open_server
from bench.results_folder import Checkpoint
from bench.workload import read
from tests import SHOP
from tests.builders import runs
from tests.experiments.before_after.formats import FORMATS

pytestmark = pytest.mark.usefixtures("_templates_go")

OPTIONS = Options(rounds=5, budget_s=0.0, timeout_s=30.0, warmups=1, seed=1, target_ms=100.0)
IN_TURN = runs.run(runs.pair(before_ms=300, after_ms=3))
APART = replace(IN_TURN, options=replace(IN_TURN.options, one_copy=True))
SMALL = ["--scale", "1k", "--rounds", "2", "--budget", "0", "--one-copy"]


def setup_of(folder: Path, **more: object) -> SetupOptions:
    return replace(SetupOptions(read(folder), 1000, 1, "default", 1, 10**10), **more)  # type: ignore[arg-type]


def measured(server: ServerHandle, folder: Path = SHOP, *, one_copy: bool = True, **more: object) -> Run:
    return run(setup_of(folder, **more), RunOptions(OPTIONS, one_copy=one_copy), server, lambda _: None)


def copies(target: Target) -> set[str]:
    """Databases of ours beside those that are kept."""
    with target.connect() as admin:
        return {one.name for one in databases.own_databases(admin) if one.kind != "template"}


def kept(target: Target) -> set[str]:
    """Filled databases and states after."""
    with target.connect() as admin:
        return {one.name for one in databases.own_databases(admin) if one.kind == "template"}


def forget(target: Target) -> None:
    """Drop what is kept of states after."""
    with target.connect() as admin:
        for one in databases.own_databases(admin):
            if databases.OPTIMIZED_FROM in one.about:
                databases.drop(admin, one.name)


# ---------------------------------------------------------------------------------------------------------- measured
def test_there_is_one_copy_beside_the_filled_database_from_begin_to_end(server: ServerHandle, target: Target) -> None:
    seen: list[set[str]] = []

    def looked(phase: str, done: float, total: float, unit: str = "") -> None:
        seen.append(copies(target))

    measured(server)  # which fills it
    forget(target)
    filled = kept(target)
    found = measured(server, progress=looked)
    assert {len(names) for names in seen} == {0, 1}
    assert set().union(*seen) == {f"pgproof_{found.id}_after"}
    assert kept(target) == filled, "the state after is not kept either"
    assert copies(target) == set()


def test_answers_plans_and_work_are_those_of_a_run_in_turn(server: ServerHandle) -> None:
    """Of every cell in both states: so what writes, which is rolled back before the optimizations, left nothing."""
    apart, in_turn = measured(server), measured(server, one_copy=False)
    assert apart.status == "complete"
    assert [one.name for one in apart.applied] == [one.name for one in in_turn.applied]
    facts = [
        [
            (pair.query, pair.parameter_class, pair.equality, *(
                (plan.fingerprint, plan.counters.rows, plan.counters.buffers)
                for state in STATES
                if (plan := pair.side(state).plan)
            ))
            for pair in one.pairs
        ]
        for one in (apart, in_turn)
    ]  # fmt: skip
    assert facts[0] == facts[1]
    assert len(facts[0]) > 5
    assert {len(fact) for fact in facts[0]} == {5}
    assert all(pair.equality and pair.equality.equal for pair in apart.pairs)


def test_every_execution_before_is_before_every_one_after(server: ServerHandle) -> None:
    found = measured(server)
    begun = {state: [one.at_s for pair in found.pairs for one in pair.side(state).samples] for state in STATES}
    assert max(begun["before"]) < min(begun["after"])
    assert {len(pair.side(state).samples) for pair in found.pairs for state in STATES} == {OPTIONS.rounds}
    for pair in found.pairs:
        assert [one.binding for one in pair.before.samples] == [one.binding for one in pair.after.samples]


CHANGES: dict[Difference, tuple[str, str]] = {
    "other rows": ("UPDATE orders SET total_cents = total_cents + 1 WHERE status = 'open';", "open_orders"),
    "other content": (
        "CREATE FUNCTION dearer() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.total_cents := OLD.total_cents + 1; RETURN NEW; END $$; "
        "CREATE TRIGGER dearer BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION dearer();",
        "cancel_order",
    ),
}


@pytest.mark.parametrize("word", CHANGES)
def test_an_answer_that_an_optimization_changes_is_found(word: Difference, shop: Path, server: ServerHandle) -> None:
    statements, query = CHANGES[word]
    planted = f"\n-- optimization: planted\n-- category: rewrite\n-- why: wrong\n-- serves: {query}\n"
    planted += f"-- undo: SELECT 1;\n{statements}\n"
    with (shop / "optimizations.sql").open("a") as file:
        file.write(planted)
    found = measured(server, shop)
    words = {pair.equality.word for pair in found.pairs if pair.query == query and pair.equality}
    assert word in words
    assert words <= {word, "equal, but empty"}
    assert [alarm for alarm in summarize(found).alarms if WRONG[word] in alarm]


# -------------------------------------------------------------------------------------------------------- the disk
def test_it_is_chosen_by_itself_where_the_disk_has_no_room_for_the_others(server: ServerHandle, target: Target) -> None:
    def asked(free: int | None) -> tuple[Run, list[str]]:
        said: list[str] = []
        options = RunOptions(OPTIONS, one_copy=None, aa=True)
        found = run(setup_of(SHOP), options, server, lambda _: None, say=said.append, free_bytes=lambda _: free)
        return found, said

    filled = f"pgproof_t_{measured(server).dataset.key}"
    forget(target)
    with target.connect() as admin:
        template = databases.find(admin, filled)
    assert template
    needed = in_turn_bytes(template.size_bytes, None, Wanted(kept=True, aa=True))

    found, (line,) = asked(needed - 1)
    assert found.options.one_copy
    assert line.startswith("Before and after are measured in one copy, one after the other (--one-copy): in turn they")
    assert f"{line}." in found.notes
    assert "Left out with one copy: a second copy of the database after (--aa)." in found.notes
    with pytest.raises(DiskFull, match="optimizations may add"):
        asked(template.size_bytes // 2)
    for enough in (needed, None):
        found, said = asked(enough)
        assert not found.options.one_copy
        assert (said, bool(found.copies)) == ([], True)
        forget(target)


def test_without_room_for_a_copy_the_filled_database_itself_is_measured(server: ServerHandle, target: Target) -> None:
    copied = measured(server)
    filled = f"pgproof_t_{copied.dataset.key}"
    forget(target)
    with target.connect() as admin:
        template = databases.find(admin, filled)
    assert template
    seen: list[set[str]] = []

    def looked(phase: str, done: float, total: float, unit: str = "") -> None:
        seen.append(kept(target) | copies(target))

    options = RunOptions(OPTIONS, one_copy=True)
    found = run(
        setup_of(SHOP, progress=looked), options, server, lambda _: None, free_bytes=lambda _: template.size_bytes
    )
    assert seen[-1] == {f"pgproof_{found.id}_after"}
    assert [note for note in found.notes if note.startswith("The filled database itself is measured, and filled anew")]
    answers = [[(pair.query, pair.parameter_class, pair.equality) for pair in one.pairs] for one in (copied, found)]
    assert answers[0] == answers[1]
    assert kept(target) | copies(target) == set()
    measured(server)
    assert kept(target) == {filled}, "the next one fills it anew"


def test_a_cluster_has_no_such_mode(server: ServerHandle, shop: Path) -> None:
    (shop / "distribution.sql").write_text("SELECT create_distributed_table('orders', 'customer_id');\n")
    cluster = replace(server, capabilities=replace(server.capabilities, spreads_tables=True))
    with pytest.raises(ServerError, match="pgproof run --one-copy works on one server"):
        measured(cluster, shop)


# ---------------------------------------------------------------------------------------------------- interrupted
def begun(_record: Run) -> bool:
    return True


def optimized(record: Run) -> bool:
    return bool(record.applied)


def timed_after(record: Run) -> bool:
    return any(pair.after.samples for pair in record.pairs)


@pytest.mark.parametrize("reached", [begun, optimized, timed_after])
def test_an_interrupted_one_keeps_its_part_and_leaves_no_copy(
    reached: Callable[[Run], bool], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = Checkpoint.keep

    def stopped(self: Checkpoint[Run], record: Run) -> None:
        keep(self, record)
        if reached(record):
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoint, "keep", stopped)
    assert main(["run", str(SHOP), *SMALL, "--home", str(home), "--output", str(tmp_path), "--quiet"]) == 130
    files = list(tmp_path.rglob("run.json"))
    assert bool(files) == (reached is not begun), "nothing was measured yet"
    for file in files:
        found = storage.load(storage.RUN, file)
        assert found.status == "interrupted"
        assert all(pair.before.samples for pair in found.pairs)
        assert any(pair.after.samples for pair in found.pairs) == (reached is timed_after)
        assert main(["report", str(file)]) == 0
        assert ONE_COPY in " ".join(file.with_name("report.md").read_text().split())
    with open_server("embedded", ServerOptions(home=home)) as handle:
        assert copies(Target(handle.dsn)) == set()


# ---------------------------------------------------------------------------------------------------- the command
def test_the_command_says_so_wherever_it_says_anything(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["run", str(SHOP), *SMALL, "--keep", "--home", str(home), "--output", str(tmp_path)]
    assert main(asked) == 0
    said = " ".join(capsys.readouterr().out.split())
    folder = tmp_path / "latest"
    stored = storage.load(storage.RUN, folder / "run.json")
    assert stored.options.one_copy
    assert ONE_COPY in said
    assert f"kept database: pgproof_{stored.id}_after" in said
    for name in ("report.html", "report.md", "junit.xml"):
        assert ONE_COPY in " ".join((folder / name).read_text().split()), name
    for left_out in ("a second copy of the database after", "the four sides of the optimizations"):
        assert f"Left out with one copy: {left_out}" in (folder / "report.html").read_text()
    with open_server("embedded", ServerOptions(home=home)) as handle:
        assert copies(Target(handle.dsn)) == {f"pgproof_{stored.id}_after"}
    assert main([*asked, "--json"]) == 0
    assert ONE_COPY in json.loads(capsys.readouterr().out)["summary"]["paragraph"]


@pytest.mark.parametrize(
    ("option", "named"),
    [
        (["--aa"], "--aa"),
        (["--attribution"], "--attribution"),
        (["--cold", "3"], "--cold"),
        (["--aged", "20%"], "--aged"),
        (["--settings", "server"], "--settings server"),
    ],
)
def test_what_takes_another_copy_is_refused_in_a_line(
    option: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(SHOP), "--one-copy", *option]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert f"{named} takes further copies of the database: leave it or --one-copy out" in said


# ------------------------------------------------------------------------------------------------------ reports
def terminal(found: Run) -> str:
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(EXPERIMENT.show(found))
    return console.export_text()


@pytest.mark.parametrize(
    "shown", [*(FORMATS[name] for name in ("html", "md", "junit")), terminal], ids=["html", "md", "junit", "terminal"]
)
def test_every_report_says_that_it_was_not_in_turn(shown: Callable[[Run], str]) -> None:
    said = [" ".join(shown(found).split()) for found in (APART, IN_TURN)]
    assert [ONE_COPY in text for text in said] == [True, False]
    for word in ("in turn, in seeded", "before and after interleaved", "bootstrap over rounds", "ran in turn, so that"):
        assert word not in said[0]


def test_no_interval_is_of_pairs_that_were_none() -> None:
    apart, in_turn = (summarize(found).queries[0].cells[0].ratio for found in (APART, IN_TURN))
    assert apart
    assert in_turn
    assert (apart.paired, in_turn.paired) == (False, True)
    assert apart.value == in_turn.value
    assert (apart.low, apart.high) != (in_turn.low, in_turn.high)


@pytest.mark.parametrize(
    ("before_ms", "index", "in_turn", "apart"),
    [
        (60, "leads_queue_idx", "faster", "faster"),
        (40, "leads_queue_idx", "faster", "same"),
        (20, "", "slower", "slower"),
        (25, "", "slower", "plan unchanged"),
    ],
)
def test_what_a_machine_may_have_drifted_by_is_no_effect(
    before_ms: float, index: str, in_turn: str, apart: str
) -> None:
    found = runs.run(runs.pair(before_ms=before_ms, after_ms=32, index=index))
    said = [summarize(replace(found, options=one.options)).queries[0].cells[0].effect for one in (IN_TURN, APART)]
    assert said == [in_turn, apart]


def test_what_two_copies_differ_by_is_no_question_where_there_is_one() -> None:
    assert NO_COPY in limitations(IN_TURN)
    assert NO_COPY not in limitations(APART)
    assert ONE_COPY in limitations(APART)


def test_more_samples_are_taken_in_the_same_way() -> None:
    unclear = runs.run(runs.pair(before_ms=99, after_ms=99, n=3))
    (step,) = (
        one for one in summarize(replace(unclear, options=APART.options)).next_steps if "pgproof run" in one.command
    )
    assert " --one-copy" in step.command
