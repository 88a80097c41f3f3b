"""The document of what the files define: as it is committed, read back, and held against the files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.environments import lock
from bench.environments.differences import differences
from bench.environments.files import Built
from bench.errors import PgproofError, WorkloadError
from bench.model import DistributedTable
from bench.postgres.distribution import resolved
from tests.environments.conftest import HERE


def test_the_document_is_the_one_that_was_committed(everything: Built) -> None:
    assert lock.as_yaml(everything.defined) == (HERE / "schema.lock.yaml").read_text()


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_is_written_is_read_back_as_the_same(everything: Built, tmp_path: Path, form: str) -> None:
    file = tmp_path / "lock"
    file.write_text(lock.as_yaml(everything.defined) if form == "yaml" else lock.as_json(everything.defined))
    made = lock.document(everything.defined)
    assert lock.read(file) == made
    found = lock.objects_of(made)
    defined = everything.defined
    assert len(found) == len(defined.before) + len(defined.blocks) + len(defined.distribution)
    assert differences(found, lock.objects_of(lock.read(file))) == ()


def test_a_change_of_the_files_is_one_line_of_the_document(everything: Built) -> None:
    before = lock.as_yaml(everything.defined).splitlines()
    objects = dict(everything.defined.before)
    key = next(key for key in objects if key.kind == "column" and key.name == "name")
    objects[key] = replace(objects[key], facts={**objects[key].facts, "default": "'x'::text"})
    after = lock.as_yaml(replace(everything.defined, before=objects)).splitlines()
    assert [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]] == [
        ("        default: \"''::text\"", "        default: \"'x'::text\"")
    ]


def test_another_distribution_column_is_drift_of_the_document(everything: Built) -> None:
    committed = lock.document(everything.defined)
    first, *rest = everything.defined.distribution
    now = lock.document(replace(everything.defined, distribution=(replace(first, column="name"), *rest)))
    (found,) = differences(lock.objects_of(now), lock.objects_of(committed))
    assert (str(found.key), found.facts) == (f"distribution of {first.table}", {"column": ("name", "person_id")})


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (DistributedTable("app.nobody", line=3), "distribution.sql:3: nothing makes a table app.nobody"),
        (DistributedTable("app.names", line=3), "makes a table app.names"),  # a view
        (DistributedTable("app.people", "colour", line=4), ":4: table app.people has no column colour"),
        (DistributedTable("app.people", "person_id", "app.nobody", line=5), ":5: nothing makes a table app.nobody"),
    ],
)
def test_what_the_schema_does_not_make_cannot_be_distributed(
    everything: Built, table: DistributedTable, said: str
) -> None:
    with pytest.raises(WorkloadError, match=said):
        resolved(everything.connection, [table])


def test_a_table_is_distributed_once_however_it_is_spelt(everything: Built) -> None:
    tables = [DistributedTable("app.people", line=1), DistributedTable('"app".people', line=2)]
    with pytest.raises(WorkloadError, match=r"distribution.sql:2: app.people again \(first: line 1\)"):
        resolved(everything.connection, tables)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", r"lock:1: this is no YAML"),
        ("a: 1\nb: {\n", r"lock:3: this is no YAML"),
        ("[]", "is no document of format 1"),
        ("format: 99", "is no document of format 1"),
        ("\x00", "this is no YAML"),
    ],
)
def test_what_is_no_such_document_is_said_in_a_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "lock").write_text(text)
    with pytest.raises(PgproofError, match=said) as error:
        lock.read(tmp_path / "lock")
    assert "pgproof schema" in error.value.hint


def test_a_document_that_somebody_bent_is_compared_all_the_same(everything: Built, tmp_path: Path) -> None:
    """Values of other kinds than ours are values that differ."""
    made = lock.document(everything.defined)
    made["tables"]["app.people"]["columns"]["name"] = ["text"]
    made["views"] = 5
    found = [
        str(one.key) for one in differences(lock.objects_of(lock.document(everything.defined)), lock.objects_of(made))
    ]
    assert {"column app.people.name", "view app.names"} <= set(found)
