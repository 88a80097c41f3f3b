"""A shell that asks what may come next gets an answer, not a traceback."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.cli import main
from bench.cli.completion import LINES
from tests import ROOT, SHOP

RUN = ROOT / "tests" / "golden" / "runs" / "run" / "plain"

Ask = Callable[..., tuple[int, str]]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Ask as a shell's own script does, for the last word of what was typed; return the exit code and the answer."""

    def call(instruction: str, typed: str = "") -> tuple[int, str]:
        monkeypatch.setenv("_PGPROOF_COMPLETE", instruction)
        monkeypatch.setenv("COMP_WORDS", typed)
        monkeypatch.setenv("COMP_CWORD", str(typed.count(" ")))
        status = main([])
        answered = capfd.readouterr()
        return status, answered.out + answered.err

    return call


@pytest.mark.parametrize("shell", LINES)
def test_the_script_of_a_shell_is_printed(ask: Ask, shell: str) -> None:
    status, script = ask(f"{shell}_source")
    assert status == 0
    assert f"_PGPROOF_COMPLETE={shell}_complete" in script
    assert "Traceback" not in script


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("pgproof s", {"scale", "schema", "selftest", "settings", "ship-script"}),
        ("pgproof cache ", {"list", "clear"}),
        ("pgproof dataset ", {"export"}),
        ("pgproof completion ", {"bash", "zsh", "fish"}),
        ("pgproof run --skew ", {"mild", "default", "brutal"}),
        ("pgproof load --find", {"--find-rate"}),
        (f"pgproof run {SHOP} --query o", {"open_orders"}),
        (f"pgproof ship-script {SHOP} --only ", {"orders_customer_idx", "orders_open_idx"}),
        ("pgproof run nowhere --query ", set()),
        (f"pgproof reproduce {RUN} latest_orders/h", {"latest_orders/hot"}),
        (f"pgproof report {RUN} --query o", {"open_orders"}),
        ("pgproof explain can", {"candidate", "cannot tell"}),
    ],
)
def test_commands_options_and_choices_are_completed(ask: Ask, typed: str, answer: set[str]) -> None:
    status, found = ask("bash_complete", typed)
    assert status == 0
    assert set(filter(None, found.splitlines())) == {f"plain,{word}" for word in answer}


def test_a_file_is_left_to_the_shell(ask: Ask) -> None:
    assert ask("bash_complete", "pgproof report ") == (0, "file,\n")


def test_an_instruction_that_nobody_knows_is_no_bug(ask: Ask) -> None:
    assert ask("nonsense") == (1, "")


@pytest.mark.parametrize("shell", LINES)
def test_the_line_that_switches_it_on_is_printed(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    comment, line = capsys.readouterr().out.splitlines()
    assert comment.startswith("# ")
    assert f"_PGPROOF_COMPLETE={shell}_source pgproof" in line


def test_another_shell_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2
    assert "no such choice\n  there are bash, fish, zsh" in capsys.readouterr().err


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
def test_bash_completes_after_the_printed_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == 0
    (tmp_path / "pgproof").write_text(f'#!/bin/sh\nexec {sys.executable} -m bench "$@"\n')
    (tmp_path / "pgproof").chmod(0o755)
    script = f"""{capsys.readouterr().out}
        COMP_WORDS=(pgproof com) COMP_CWORD=1
        _pgproof_completion pgproof
        echo "${{COMPREPLY[@]}}"
    """
    env = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.split() == ["compare", "completion"], done.stderr
