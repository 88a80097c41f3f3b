"""Two groups of settings: what is said of them, what is refused, and what a setting really does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import pytest

from bench import storage
from bench.cli import main
from bench.experiments.settings.command import group
from bench.experiments.settings.record import SETTINGS, SettingsGroup, SettingsRun
from bench.experiments.settings.summary import findings, summarize
from bench.model import Pair
from tests import SHOP
from tests.builders import runs


def compared(*pairs: Pair) -> SettingsRun:
    whole = runs.run()
    return SettingsRun(
        id="20261129t080000z", started_at="2026-11-29T08:00:00+00:00", status="complete", pgproof="0.1.0",
        workload="q", workload_hash="9a4c0f17", machine=whole.machine, server=whole.server, dataset=whole.dataset,
        options=whole.options, state="after", first=SettingsGroup("as measured", {}),
        second=SettingsGroup("big", {"work_mem": "64MB"}), titles={"queue": "Queue"}, pairs=pairs,
    )  # fmt: skip


def test_a_time_may_change_without_the_plan() -> None:
    pair = runs.pair("queue", "hot", before_ms=300, after_ms=100)
    same_plan = replace(pair, after=replace(pair.after, plan=pair.before.plan))
    (cell,) = summarize(compared(same_plan)).cells
    assert (cell.change, cell.another_plan) == ("faster", False)


def test_what_is_slower_comes_before_what_is_faster() -> None:
    summary = summarize(compared(runs.pair("a", before_ms=300, after_ms=3), runs.pair("b", before_ms=3, after_ms=300)))
    assert [cell.change for cell in summary.cells] == ["slower", "faster"]
    assert summary.headline.startswith("With big 1 of 2 cells are faster than with as measured, 1 are slower")


def test_other_rows_are_said_first_and_fail() -> None:
    run = compared(replace(runs.pair("queue"), equality=runs.DIFFERENT))
    summary = summarize(run)
    assert summary.alarms[0].startswith("Queue (hot) returns other rows with big")
    assert [finding.severity for finding in findings(run, summary)] == ["failure"]


def test_a_group_is_a_name_and_settings() -> None:
    assert group("big: work_mem=64MB, jit = on") == SettingsGroup("big", {"work_mem": "64MB", "jit": "on"})


@pytest.mark.parametrize("text", ["", "big", "big:", ": jit=on", "big: jit", "big: =on", "big: jit=on,"])
def test_a_group_that_is_none_says_how_to_write_one(text: str) -> None:
    with pytest.raises(click.UsageError, match="big: work_mem=64MB"):
        group(text)


def asked(home: Path, output: Path, *groups: str, scale: str) -> int:
    options = [option for text in groups for option in ("--group", text)]
    size = ["--scale", scale, "--rounds", "15", "--budget", "0", "--quiet"]
    return main(["settings", str(SHOP), *options, *size, "--home", str(home), "--output", str(output)])


@pytest.mark.alone
def test_a_setting_that_takes_indexes_away_is_seen_to_be_slower(home: Path, tmp_path: Path) -> None:
    slow = "none: enable_indexscan=off, enable_indexonlyscan=off, enable_bitmapscan=off"
    assert asked(home, tmp_path, slow, scale="60k") == 0
    seen = storage.load(SETTINGS, tmp_path / "latest-settings" / SETTINGS.file)
    (cell,) = [one for one in summarize(seen).cells if (one.query, one.parameter_class) == ("open_orders", "all")]
    assert (cell.change, cell.another_plan) == ("slower", True)


@pytest.mark.parametrize("wrong", ["x: no_such=1", "x: work_mem=banana", "x: shared_buffers=1GB"])
def test_a_setting_that_no_session_can_have_is_refused(wrong: str, running_home: Path, tmp_path: Path, capfd) -> None:
    assert asked(running_home, tmp_path, wrong, scale="1k") == 2
    assert "--group x: " in capfd.readouterr().err
