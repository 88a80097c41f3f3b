"""What is missing, extra and different in a living database, object by object, and the state of each optimization."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.environments import words
from bench.environments.files import Built
from bench.environments.judge import judge
from bench.environments.record import Build, Environment
from bench.model.definition import DatabaseObject
from tests.environments.conftest import HERE, Judged


def lines(judged: Judged, change: str, *ignored: str) -> list[str]:
    return [line.strip() for line in words.lines_of(judged(change, *ignored).differences)][1:]


def test_a_database_made_from_the_files_is_as_they_say(judged: Judged) -> None:
    found = judged("SELECT 1")
    assert (found.differences, found.others, found.drifted) == ((), (), False)
    assert {one.name: one.state for one in found.blocks if one.state != "shipped"} == {
        "by_mood": "cannot be seen", "backfilled": "cannot be seen", "rewritten": "cannot be seen",
        "vacuumed": "cannot be seen",
    }  # fmt: skip


@pytest.mark.parametrize("change", ["missing_and_extra", "otherwise"])
def test_what_differs_is_said_object_by_object_and_fact_by_fact(judged: Judged, change: str) -> None:
    """One object of each kind missing and extra, and each kind of fact another one: the lines are those of the file."""
    found = judged((HERE / f"{change}.sql").read_text())
    said = "".join(f"{line}\n" for line in words.sentences(found, "everything"))
    assert said == (HERE / f"{change}.txt").read_text()


def test_what_belongs_to_a_missing_table_is_counted(judged: Judged) -> None:
    assert lines(judged, 'DROP TABLE app."Odd ""table"".x; --"') == [
        'table app."Odd ""table"".x; --" with 2 columns, 1 index'
    ]


def test_what_is_none_of_the_files_business_is_counted_and_no_drift(judged: Judged) -> None:
    found = judged(
        "CREATE SCHEMA secret; CREATE TABLE secret.salaries (n int); CREATE EXTENSION btree_gin;"
        "CREATE TABLE app.events_2027 PARTITION OF app.events FOR VALUES FROM ('2027-01-01Z') TO ('2028-01-01Z')"
    )
    assert not found.drifted
    said = "\n".join(words.sentences(found, "everything"))
    assert "none of the files' business: 1 schema, 1 extension, 2 tables (--others names them)" in said
    assert "salaries" not in said + str(words.values(found))
    named = "\n".join(words.sentences(found, "everything", others=True))
    assert "table secret.salaries\n" in named
    assert "table secret.salaries" in words.values(found, others=True)["others_named"]


def test_what_is_ignored_is_not_looked_at(judged: Judged) -> None:
    change = "CREATE TABLE app.schema_migrations (v text); ALTER TABLE app.people ADD tmp_a int, ADD b int"
    assert lines(judged, change, "app.schema_*", "app.people.tmp_*") == ["column app.people.b: integer"]


# ------------------------------------------------------------------------------------------------------ optimizations
@pytest.mark.parametrize(
    ("change", "block", "state", "said"),
    [
        ("DROP INDEX app.people_by_mood_2", "again", "missing", ("index people_by_mood_2 on app.people is missing",)),
        ("ALTER INDEX app.people_by_mood_2 RENAME TO aside", "again", "missing",
         ("index people_by_mood_2 on app.people is missing, but index aside is defined alike",)),
        ("DROP INDEX app.people_by_mood_2; CREATE INDEX people_by_mood_2 ON app.people (name)", "again", "different",
         ("index people_by_mood_2 on app.people: definition",
          "there: CREATE INDEX people_by_mood_2 ON app.people USING btree (name)",
          "in the files: CREATE UNIQUE INDEX people_by_mood_2 ON app.people USING btree (mood, name, balance)")),
        ("ALTER TABLE app.people SET (fillfactor = 90)", "filled", "missing",
         ("table app.people: with fillfactor 90 there, 70 in the files",)),
        ("ALTER TABLE app.people SET (fillfactor = 33)", "filled", "different",
         ("table app.people: with fillfactor 33 there, 70 in the files",)),
        ("ALTER TABLE app.people ALTER name SET STATISTICS -1", "finer", "missing",
         ("column app.people.name: statistics target (nothing) there, 500 in the files",)),
        ("DROP TABLE app.counts", "counts", "different", ("in part: 2 of 6 are there", "table app.counts is missing")),
        ("DROP TABLE app.counts; DROP FUNCTION app.count CASCADE", "counts", "missing",
         ("table app.counts is missing", "trigger counts on app.people is missing",
          "function app.count() is missing")),
        ("DROP INDEX app.people_by_mood_2; CREATE INDEX people_by_mood ON app.people (mood, name)", "again", "missing",
         ("index people_by_mood on app.people is still there", "index people_by_mood_2 on app.people is missing")),
        ("CREATE INDEX counted_mood ON app.counted (mood)", "unused", "missing",
         ("index counted_mood on app.counted is still there",)),
        ("ALTER TABLE app.people DROP CONSTRAINT named", "checked", "missing",
         ("constraint named on app.people is missing",)),
        ("CREATE OR REPLACE VIEW app.moods AS SELECT mood FROM app.people WHERE person_id > 5", "looked", "different",
         None),
    ],
)  # fmt: skip
def test_an_optimization_has_a_state(
    judged: Judged, change: str, block: str, state: str, said: tuple[str, ...] | None
) -> None:
    found = judged(change)
    one = next(one for one in found.blocks if one.name == block)
    assert one.state == state
    assert said is None or one.said == said
    assert found.drifted
    assert {other.state for other in found.blocks if other != one} == {"shipped", "cannot be seen"}
    if "RENAME" not in change:
        assert found.differences == ()  # they are the block's


def test_a_constraint_that_nobody_proved_is_invalid(judged: Judged) -> None:
    change = "ALTER TABLE app.people DROP CONSTRAINT named, ADD CONSTRAINT named CHECK (name <> 'nobody') NOT VALID"
    one = next(one for one in judged(change).blocks if one.name == "checked")
    assert one.state == "different"  # PostgreSQL prints NOT VALID as a part of the definition


def test_why_one_cannot_be_seen_is_said(judged: Judged) -> None:
    unseen = {one.name: one.unseen for one in judged("SELECT 1").blocks if one.unseen}
    assert unseen == {
        "by_mood": "what it does, a later block does otherwise",
        "backfilled": "the rows that it changes",
        "counts": "the rows that it changes",
        "rewritten": "the statement that the application sends",
        "vacuumed": "that tables were vacuumed or analyzed",
    }


def test_an_index_that_cannot_be_seen_yet_is_missing_and_said_to_be_built_perhaps(judged: Judged) -> None:
    found = judged("DROP INDEX app.people_by_mood_2", builds=(Build("app.people"),))
    one = next(one for one in found.blocks if one.name == "again")
    assert one.said == ("index people_by_mood_2 on app.people is missing; somebody builds an index on its table now",)


def test_which_of_two_invalid_indexes_is_being_built_is_not_guessed(everything: Built) -> None:
    """The table has another invalid one, and a role without rights is told of the process alone."""
    objects = dict(everything.defined.after)
    key = next(key for key in objects if key.name == "people_by_mood_2")
    objects[key] = DatabaseObject(key, {**objects[key].facts, "invalid": True})
    found = judge(everything.defined, Environment("it", "18.6", 18, objects, (Build("app.people"),)))
    assert next(one for one in found.blocks if one.name == "again").said == (
        "index people_by_mood_2 on app.people is invalid: a build failed or was stopped, unless it is the one that "
        "somebody builds on its table now",
    )


def test_a_view_in_place_of_a_table_is_one_object_missing_and_one_extra(judged: Judged) -> None:
    """What belongs to the table goes with the table."""
    change = 'DROP TABLE app."Odd ""table"".x; --"; CREATE VIEW app."Odd ""table"".x; --" AS SELECT 1 AS one'
    assert lines(judged, change) == [
        'table app."Odd ""table"".x; --" with 2 columns, 1 index', "extra (there, not in the files)",
        'view app."Odd ""table"".x; --": SELECT 1 AS one;',
    ]  # fmt: skip


def test_a_cluster_that_spreads_a_table_otherwise_is_drift_and_one_server_is_none(
    judged: Judged, everything: Built
) -> None:
    there = judged("SELECT 1").environment
    as_said = {one.table: one.column for one in everything.defined.distribution}
    assert not judge(everything.defined, replace(there, distribution=as_said)).drifted
    first, *rest = as_said
    found = judge(everything.defined, replace(there, distribution={first: "other", **dict.fromkeys(rest[1:], "")}))
    assert found.drifted
    said = [line.strip() for line in words.lines_of(found.differences)]
    assert f"distribution of {first}" in said
    assert f"spread: by other there, by {as_said[first]} in the files" in said
    assert f"distribution of {rest[0]}" in said
