"""What an experiment is, apart from any one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench.experiments.before_after.document import EXPERIMENT
from bench.model import Run
from tests.builders import runs


def test_a_record_is_decided_once_however_often_it_is_shown(tmp_path: Path) -> None:
    decided: list[str] = []

    def summarize(run: Run) -> object:
        decided.append(run.id)
        return EXPERIMENT.summarize(run)

    counted = replace(EXPERIMENT, summarize=summarize)
    run, another = runs.run(runs.pair()), replace(runs.run(runs.pair()), id="another")
    counted.write(run, tmp_path)
    counted.show(run)
    counted.look(run)
    counted.show(another)
    assert decided == [run.id, "another"]
