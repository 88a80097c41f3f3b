"""Where the arms of a gate come from: a git ref, a recipe, the working tree."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import PgproofError, WorkloadError
from bench.experiments.gate.arms import arm_of_recipe, arm_of_ref, head_arm, recipe_of
from bench.experiments.gate.run import make_baseline
from bench.workload import read
from tests.builders.shops import SHOP, changed, gate_of, git

pytestmark = pytest.mark.usefixtures("_templates_go")


def _has(folder: Path, branch: str) -> bool:
    return (
        subprocess.run(
            ["git", "-C", folder, "rev-parse", "-q", "--verify", branch], capture_output=True, check=False
        ).returncode
        == 0
    )


def test_the_arm_of_a_ref_has_its_own_queries_and_the_working_trees_rows(repository):
    changed(repository, "queries/open_orders.sql", "sum(total_cents)", "max(total_cents)")
    changed(repository, "dataset/fill.sql", "7919", "7907")
    with arm_of_ref(read(repository), "HEAD") as arm:
        assert "sum(total_cents)" in (arm.workload.root / "queries" / "open_orders.sql").read_text()
        assert "7907" in (arm.workload.root / "dataset" / "fill.sql").read_text()


def test_a_workload_in_a_subfolder_of_its_repository_has_a_past_too(shop):
    top = shop.parent
    git(top, "init", "-q")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "the shop")
    changed(shop, "queries/open_orders.sql", "sum(total_cents)", "max(total_cents)")
    with arm_of_ref(read(shop), "HEAD") as arm:
        assert "sum(total_cents)" in (arm.workload.root / "queries" / "open_orders.sql").read_text()


def test_a_dirty_tree_is_allowed_and_said(repository):
    assert "uncommitted" not in head_arm(read(repository)).label
    changed(repository, "queries/open_orders.sql", "sum(total_cents)", "max(total_cents)")
    assert "with uncommitted changes" in head_arm(read(repository)).label


@pytest.mark.parametrize("ref", ["no-such-branch", "--help", "HEAD~9", "origin/main; rm -rf /"])
def test_an_unknown_ref_is_named_with_what_to_type(repository, ref):
    with pytest.raises(PgproofError, match="no such commit") as error, arm_of_ref(read(repository), ref):
        pass
    assert "fetch" in error.value.hint


def test_a_ref_without_a_workload_is_named(repository):
    git(repository, "checkout", "-q", "--orphan", "empty")
    git(repository, "rm", "-rqf", "--cached", ".")
    git(repository, "commit", "-q", "--allow-empty", "-m", "nothing")
    git(repository, "checkout", "-qf", "master") if _has(repository, "master") else git(
        repository, "checkout", "-qf", "main"
    )
    with pytest.raises(WorkloadError, match="no workload there"), arm_of_ref(read(repository), "empty"):
        pass


def test_a_baseline_keeps_the_commit_of_a_clean_tree_and_the_files_of_a_dirty_one(server, repository):
    clean = make_baseline(gate_of(read(repository), base=None), server)
    assert clean.recipe.commit
    assert not clean.recipe.files
    changed(repository, "queries/open_orders.sql", "sum(total_cents)", "max(total_cents)")
    dirty = make_baseline(gate_of(read(repository), base=None), server)
    assert "max(total_cents)" in dirty.recipe.files["queries/open_orders.sql"]
    with arm_of_recipe(read(repository), dirty.recipe) as arm:
        assert "max(total_cents)" in next(q.sql for q in arm.workload.queries if q.name == "open_orders")


def test_write_statements_belong_to_an_arm(repository):
    (repository / "writes").mkdir()
    (repository / "writes" / "w.sql").write_text("-- title: T\n-- asks: Q?\nDELETE FROM orders;")
    assert "DELETE" in recipe_of(read(repository)).files["writes/w.sql"]
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "a write statement")
    with arm_of_ref(read(repository), "HEAD") as arm:
        assert [write.name for write in arm.workload.writes] == ["w"]


def test_a_recipe_cannot_write_outside_of_its_folder(baseline):
    recipe = replace(baseline.recipe, commit="", files={"../../evil.sql": "SELECT 1"})
    with pytest.raises(PgproofError, match="outside"), arm_of_recipe(read(SHOP), recipe):
        pass
