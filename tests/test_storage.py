"""A run, a gate result and a baseline survive the disk; a file that is none of them says so in one line."""

from __future__ import annotations

import dataclasses
import difflib
import errno
import json
import os
from pathlib import Path

import pytest

from bench import model, storage
from bench.errors import BaselineError, DiskFull, RunFileError
from bench.experiments.gate import record as records
from bench.experiments.gate.record import BASELINE, GATE
from bench.experiments.scale.record import SCALE
from tests.builders import gates, growths, runs


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.json"


def changed(path: Path, change) -> None:
    """Save a run, and let ``change`` edit its JSON."""
    storage.save(runs.run(runs.pair()), storage.RUN, path)
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


@pytest.mark.parametrize("text", runs.HOSTILE)
def test_any_text_comes_back_as_it_went(path, text):
    run = runs.hostile(text)
    storage.save(run, storage.RUN, path)
    assert storage.load(storage.RUN, path) == run


def test_a_large_run_comes_back_equal(path):
    run = runs.crm()
    storage.save(run, storage.RUN, path)
    assert storage.load(storage.RUN, path) == run


@pytest.mark.parametrize("steps", [0, 2, 5])
def test_a_scale_experiment_comes_back_equal(tmp_path, steps):
    storage.save(growths.scaling(steps), SCALE, tmp_path / "scale.json")
    assert storage.load(SCALE, tmp_path / "scale.json") == growths.scaling(steps)


def test_nothing_but_the_run_is_left_in_the_folder(path):
    storage.save(runs.run(), storage.RUN, path)
    storage.save(runs.run(runs.pair()), storage.RUN, path)
    assert [entry.name for entry in path.parent.iterdir()] == ["run.json"]


def test_a_failed_write_keeps_the_former_run(path, monkeypatch):
    storage.save(runs.run(), storage.RUN, path)

    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull, match=r"run\.json"):
        storage.save(runs.run(runs.pair()), storage.RUN, path)
    monkeypatch.undo()
    assert storage.load(storage.RUN, path) == runs.run()
    assert [entry.name for entry in path.parent.iterdir()] == ["run.json"]


def test_not_a_number_becomes_null(path):
    dataset = dataclasses.replace(runs.run().dataset, checks=(model.Check("x", float("nan"), 0.0, 1.0),))
    storage.save(runs.run(dataset=dataset), storage.RUN, path)
    assert storage.load(storage.RUN, path).dataset.checks[0].value is None


def test_a_missing_file_says_so(path):
    with pytest.raises(RunFileError, match="no such file"):
        storage.load(storage.RUN, path)


def test_a_folder_is_not_a_run(tmp_path):
    with pytest.raises(RunFileError, match="cannot be read"):
        storage.load(storage.RUN, tmp_path)


@pytest.mark.parametrize("keep", [0.001, 0.2, 0.5, 0.9, 0.999])
def test_a_truncated_file_says_so(path, keep):
    storage.save(runs.crm(), storage.RUN, path)
    text = path.read_text()
    path.write_text(text[: max(2, int(len(text) * keep))])
    with pytest.raises(RunFileError, match="truncated"):
        storage.load(storage.RUN, path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"before,after\n1,2\n", r"not JSON \(line 1, column 1"),
        (b'{"format": 1,, "id": "this is not JSON"}', "not JSON"),
        (b"\xff\xfe\x00binary", "not text"),
        (b"[1, 2]", "not an object"),
        (b"{}", "no format number"),
        (b'{"format": true}', "no format number"),
        (b'{"format": 0}', "never existed"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_run_says_what_it_is(path, content, says):
    path.write_bytes(content)
    with pytest.raises(RunFileError, match=says):
        storage.load(storage.RUN, path)


def test_a_newer_format_asks_to_upgrade(path):
    path.write_text('{"format": 7, "whatever": {}}')
    with pytest.raises(RunFileError) as caught:
        storage.load(storage.RUN, path)
    assert str(caught.value) == (
        f"{path}: made by a newer pgproof: format 7, this one reads up to {storage.RUN.format}: upgrade pgproof"
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda d: d["pairs"][0]["before"]["samples"][3].update(ms="4"),
            r'samples\[3\]\.ms should be a number, not "4"',
        ),
        (lambda d: d["pairs"][0].update(before=None), r"run\.pairs\[0\]\.before should be an object, not null"),
        (lambda d: d.update(status="done"), "status should be one of running, complete"),
        (lambda d: d.update(status=["complete"]), "status should be one of running, complete"),
        (lambda d: d.pop("machine"), r"run\.machine is missing"),
        (lambda d: d.update(pairs={}), r"run\.pairs should be a list"),
        (lambda d: d["server"].update(settings=[]), r"settings should be an object"),
        (lambda d: d["dataset"].update(scale=1.5), r"scale should be a whole number"),
        (lambda d: d["dataset"].update(scale=True), r"scale should be a whole number"),
        (lambda d: d["dataset"].update(cached=1), r"cached should be true or false"),
    ],
)
def test_a_wrong_shape_names_the_field(path, change, says):
    changed(path, change)
    with pytest.raises(RunFileError, match=says):
        storage.load(storage.RUN, path)


def test_a_field_of_a_later_version_is_ignored(path):
    changed(path, lambda d: d["machine"].update(colour="green"))
    assert storage.load(storage.RUN, path) == runs.run(runs.pair())


def test_a_field_with_a_default_may_be_missing(path):
    changed(path, lambda d: d.pop("notes"))
    assert storage.load(storage.RUN, path).notes == ()


def test_a_whole_number_is_a_number(path):
    changed(path, lambda d: d["options"].update(budget_s=60))
    assert storage.load(storage.RUN, path).options.budget_s == 60.0


# ----------------------------------------------------------------------------------- gate results and baselines
@pytest.mark.parametrize("text", runs.HOSTILE)
def test_any_gate_result_comes_back_as_it_went(path, text):
    storage.save(gates.hostile(text), GATE, path)
    assert storage.load(GATE, path) == gates.hostile(text)
    assert json.loads(path.read_text())["format"] == GATE.format


@pytest.mark.parametrize("text", runs.HOSTILE)
def test_any_baseline_comes_back_as_it_went(path, text):
    made = gates.baseline(gates.counted(text, text), recipe=records.Recipe(files={text: text}))
    storage.save(made, BASELINE, path)
    assert storage.load(BASELINE, path) == made


def lines_of(baseline: records.Baseline, path: Path) -> list[str]:
    storage.save(baseline, BASELINE, path)
    return path.read_text().splitlines()


def test_one_counter_more_is_one_line_in_the_diff_of_a_baseline(path):
    first, second = gates.counted("a"), gates.counted("b")
    more = dataclasses.replace(second, counters=dataclasses.replace(second.counters, buffers=97))
    before, after = (lines_of(gates.baseline(first, cell), path) for cell in (second, more))
    assert len(before) == len(after)
    moved = [line for line in after if line not in before]
    assert [line.strip() for line in moved] == ['"buffers": 97,']


def test_a_cell_more_moves_no_other_line_of_a_baseline(path):
    one, two = (gates.counted(name) for name in ("a", "b"))
    fewer, more = lines_of(gates.baseline(two), path), lines_of(gates.baseline(one, two), path)
    assert [line for line in difflib.ndiff(fewer, more) if line.startswith("- ")] == []


def test_a_baseline_does_not_depend_on_the_order_of_its_settings(path):
    one, other = (
        dataclasses.replace(gates.baseline().fingerprint, settings=dict(settings))
        for settings in ([("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")])
    )
    assert lines_of(gates.baseline(fingerprint=one), path) == lines_of(gates.baseline(fingerprint=other), path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no such file: make one with: pgproof baseline"),
        (b"", "empty"),
        (b'{"format": 1, "cells": [', "truncated: the copy is incomplete"),
        (b"query,buffers\n", "not JSON"),
        (b'{\n<<<<<<< ours\n"format": 1\n=======\n', "holds a merge conflict: take one side"),
        (b'{"format": 7}', "made by a newer pgproof: format 7, this one reads up to 1: upgrade pgproof"),
        (b"[1]", "not a baseline of pgproof"),
        (
            b'{"format": 1, "pgproof": 3}',
            r"baseline\.pgproof should be text, not 3\): a baseline is usually called baseline",
        ),
    ],
)
def test_a_file_that_is_no_baseline_says_what_it_is(path, content, says):
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BaselineError, match=says):
        storage.load(BASELINE, path)


def test_a_baseline_changed_by_hand_names_the_field(path):
    storage.save(gates.baseline(gates.counted()), BASELINE, path)
    path.write_text(path.read_text().replace('"buffers": 96', '"buffers": "few"'))
    with pytest.raises(
        BaselineError, match=r'baseline\.cells\[0\]\.counters\.buffers should be a whole number, not "f'
    ):
        storage.load(BASELINE, path)


def test_a_run_is_no_gate_result(path):
    storage.save(runs.run(), storage.RUN, path)
    with pytest.raises(RunFileError, match="not a gate result of pgproof"):
        storage.load(GATE, path)
