"""The GitHub Action: safe with any input, and its scripts do what they say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest
import yaml

from bench import __version__
from bench.cli import cli
from tests import ROOT

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = ACTION["runs"]["steps"]
SCRIPTS = [step for step in STEPS if "run" in step]
ZEROS = "0" * 40
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def script(name: str) -> str:
    return next(step["run"] for step in SCRIPTS if step["name"] == name)


def bash(text: str, folder: Path, **env: str) -> tuple[int, dict[str, str], str]:
    """Run a step's script as GitHub does; give its exit code, its outputs and what it printed."""
    output = folder / "github_output"
    output.write_text("")
    known = {"PATH": os.environ["PATH"], "HOME": str(folder), "GITHUB_OUTPUT": str(output), "RUNNER_TEMP": str(folder)}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", text],
        cwd=folder, env=known | env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
    return done.returncode, outputs, done.stdout + done.stderr


# ------------------------------------------------------------------------------------------------------ the file
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.get("name", step.get("uses")))
def test_nothing_is_written_into_a_script(step):
    texts = [step.get("run", ""), step.get("with", {}).get("script", "")]
    assert [text for text in texts if "${{" in text] == []


@pytest.mark.parametrize("step", SCRIPTS, ids=lambda step: step["name"])
def test_every_script_is_bash(step, tmp_path):
    assert step["shell"] == "bash"
    assert subprocess.run(["bash", "-n", "-c", step["run"]], check=False).returncode == 0


@pytest.mark.skipif(not shutil.which("node"), reason="no node to read the script with")
def test_the_script_of_the_comment_can_be_read(tmp_path):
    text = next(step["with"]["script"] for step in STEPS if "script" in step.get("with", {}))
    (tmp_path / "comment.js").write_text(f"async () => {{\n{text}\n}}\n")
    assert subprocess.run(["node", "--check", "comment.js"], cwd=tmp_path, check=False).returncode == 0


def test_only_github_s_own_actions_are_used_by_commit_with_the_version_beside_it():
    """A tag can be moved to other code, a commit cannot."""
    text = "".join(file.read_text() for file in [ROOT / "action.yml", ROOT / "docs" / "ci.md", *WORKFLOWS])
    used = [line.split("uses: ")[1] for line in text.splitlines() if "uses: " in line and "OWNER/" not in line]
    assert len(used) == 15
    assert [name for name in used if not re.fullmatch(r"actions/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", name)] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_what_publishes_has_no_more_rights_than_it_needs_and_calls_what_ci_calls(file):
    workflow = yaml.safe_load(file.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    scripts = [step["run"] for step in steps if "run" in step]
    assert [text for text in scripts if "${{" in text] == []
    assert [step["name"] for step in steps if "run" in step and step["shell"] != "bash"] == []
    made = {line for text in scripts for line in text.splitlines() if line.startswith("make ")}
    assert made
    carried_out = {line.split(" > ")[0] for line in (ROOT / ".ci" / "run").read_text().splitlines()}
    assert made <= carried_out
    assert "secrets." not in file.read_text()


def test_a_tag_that_is_not_the_version_is_not_released(tmp_path):
    steps = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]["build"]["steps"]
    text = next(step["run"] for step in steps if step.get("name") == "The tag is the version")
    (tmp_path / "bench").mkdir()
    shutil.copy(ROOT / "bench" / "__init__.py", tmp_path / "bench")
    assert bash(text, tmp_path, GITHUB_REF_NAME=f"v{__version__}")[0] == 0
    status, _, printed = bash(text, tmp_path, GITHUB_REF_NAME="v0.0.0")
    assert (status, f"bench/__init__.py says {__version__}" in printed) == (1, True)


def test_every_input_is_described_used_and_documented():
    text, page = (ROOT / "action.yml").read_text(), (ROOT / "docs" / "ci.md").read_text()
    for name, given in ACTION["inputs"].items():
        assert given["description"]
        assert f"inputs.{name}" in text
        assert f"| `{name}` |" in page
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])


def test_every_output_is_documented():
    page = (ROOT / "docs" / "ci.md").read_text()
    assert [name for name, given in ACTION["outputs"].items() if f"`{name}`" not in page or not given["value"]] == []


def test_the_options_of_the_gate_exist():
    gate = cli.get_command(click.Context(cli), "gate")
    known = {option for parameter in gate.params for option in parameter.opts}
    assert set(re.findall(r"--(?:base|github|output|leads)\b", script("Gate"))) <= known


# ------------------------------------------------------------------------------------------------------ the base
def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *identity, "-C", folder, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    """A repository whose main moved on after a pull request was opened, and the merge that GitHub makes of both."""
    folder = tmp_path_factory.mktemp("origin")
    git(folder, "init", "-q")
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    commits = {}
    git(folder, "commit", "-q", "--allow-empty", "-m", "old")
    commits["old"] = git(folder, "rev-parse", "HEAD")
    git(folder, "checkout", "-q", "-b", "topic")
    git(folder, "commit", "-q", "--allow-empty", "-m", "topic")
    commits["topic"] = git(folder, "rev-parse", "HEAD")
    git(folder, "checkout", "-q", "main")
    git(folder, "commit", "-q", "--allow-empty", "-m", "new\n\nparent of nothing")
    commits["new"] = git(folder, "rev-parse", "HEAD")
    git(folder, "checkout", "-q", "-b", "merge")
    git(folder, "merge", "-q", "--no-ff", "-m", "Merge topic into main", "topic")
    return folder, commits


@pytest.fixture(params=[1, 0], ids=["shallow", "whole"])
def checkout(request, origin, tmp_path):
    """A clone of the merge as the checkout action makes it."""
    depth = ["--depth=1"] if request.param else []
    git(tmp_path, "clone", "-q", *depth, "--branch=merge", "--single-branch", f"file://{origin[0]}", "here")
    return tmp_path / "here"


def base_of(checkout: Path, **event: str) -> tuple[int, str | None]:
    known = {"BASE": "", "PULL_HEAD": "", "PULL_BASE": "", "QUEUE_BASE": "", "BEFORE": "", "DEFAULT_BRANCH": "main"}
    code, outputs, _ = bash(script("Find the base"), checkout, **(known | event))
    return code, outputs.get("commit")


def test_the_base_of_a_pull_request_is_what_it_was_merged_into(checkout, origin):
    commits = origin[1]
    assert base_of(checkout, PULL_HEAD=commits["topic"], PULL_BASE=commits["old"]) == (0, commits["new"])


def test_the_base_of_a_checkout_that_is_no_merge_is_the_event_s(checkout, origin):
    commits = origin[1]
    assert base_of(checkout, PULL_HEAD=commits["old"], PULL_BASE=commits["old"]) == (0, commits["old"])


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ({"BASE": "topic"}, "topic"),
        ({"BASE": "origin/topic"}, "topic"),
        ({"QUEUE_BASE": "old"}, "old"),
        ({"BEFORE": "old"}, "old"),
        ({"BEFORE": ZEROS}, "new"),
        ({}, "new"),
    ],
    ids=str,
)
def test_every_event_has_a_base(checkout, origin, event, found):
    commits = origin[1]
    given = {name: value if name == "BASE" else commits.get(value, value) for name, value in event.items()}
    assert base_of(checkout, **given) == (0, commits[found])


@pytest.mark.parametrize("base", ["$(touch pwned)", "; touch pwned", "--upload-pack=touch pwned", "nowhere"])
def test_a_base_that_is_none_fails_and_runs_nothing(checkout, base):
    code, commit = base_of(checkout, BASE=base)
    assert (code != 0, commit) == (True, None)
    assert not (checkout / "pwned").exists()


# ---------------------------------------------------------------------------------------------- gate and verdict
def gated(folder: Path, exit_code: int = 0, **env: str) -> tuple[int, dict[str, str], list[str]]:
    """Run the gate's step with a pgproof that prints its arguments."""
    program = folder / "pgproof" / "bin" / "pgproof"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nprintf "<%s>\\n" "$@"\nexit {exit_code}\n')
    program.chmod(0o755)
    known = {"WORKLOAD": ".", "BASE": "abc", "LEADS": "", "ARGS": "", "REPORTS": str(folder / "reports")}
    code, outputs, printed = bash(script("Gate"), folder, **(known | env))
    return code, outputs, re.findall(r"<(.*)>", printed)


def test_the_gate_gets_each_input_as_it_is(tmp_path):
    given = {"WORKLOAD": "my app; $(x)", "LEADS": "20k", "ARGS": "--strict\n  --timeout 5"}
    arguments = gated(tmp_path, **given)[2]
    assert arguments == [
        "gate", "--base", "abc", "--github", "--output", str(tmp_path / "reports"), "--leads", "20k", "--strict",
        "--timeout", "5", "--", "my app; $(x)",
    ]  # fmt: skip


@pytest.mark.parametrize("code", [0, 1, 2, 5])
def test_the_step_of_the_gate_leaves_the_verdict_to_the_last_one(tmp_path, code):
    found, outputs, _ = gated(tmp_path, code)
    assert (found, outputs["exit-code"]) == (0, str(code))


@pytest.mark.parametrize(
    ("code", "inconclusive", "exits", "verdict"),
    [
        (0, "warn", 0, "pass"),
        (1, "warn", 1, "regression"),
        (2, "warn", 2, "failed"),
        (3, "warn", 3, "incompatible"),
        (4, "warn", 4, "failed"),
        (5, "warn", 0, "inconclusive"),
        (5, "fail", 5, "inconclusive"),
        (5, "wran", 5, "inconclusive"),
        (130, "warn", 130, "failed"),
    ],
)
def test_only_a_noisy_machine_can_be_passed_with_a_warning(tmp_path, code, inconclusive, exits, verdict):
    found, outputs, printed = bash(script("Verdict"), tmp_path, CODE=str(code), INCONCLUSIVE=inconclusive)
    assert (found, outputs) == (exits, {"verdict": verdict})
    assert ("::warning title=" in printed) == (code == 5 and exits == 0)
