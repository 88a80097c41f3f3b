"""The commands that the documents show, found in their code blocks, and how they are tried.

``python -m tests.builders.documented`` tries several with the pgproof that it finds, an installed one for example. As
JSON, stdin has the words of each and whether to carry it out; stdout gets the exit codes and what was printed.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from bench.experiments.experiment import EXPERIMENTS, experiment_of
from tests import ROOT

PROGRAMS = ("pgproof", "pytest", "make", "pip", "psql", "python", "python3", "git")
ASSIGNED = re.compile(r"[A-Z_]+=")

AS_FAR_AS_THE_SERVER = "this one is tried as far as the server"
"""What is printed where a command would now start a server or connect to one; its exit code is then 2."""

SMALL = {one.name: shlex.join(one.smallest) for one in (experiment_of(Path(file)) for file in EXPERIMENTS)} | {
    "load": "--scale 1k --clients 1 --rate 50 --seconds 1",
    "maintain": "--scale 1k --churn 5% --only vacuum",
    "baseline": "--scale 1k",
    "init": "--rows 1k",
    "selftest": "--scale 1k --aa 1",
    "schema": "",
    "verify": "",
}
"""Commands that take long, with the sizes at which one line of each is carried out, put behind the line's own."""


class Line(NamedTuple):
    """A command line of a document."""

    page: str
    text: str

    @property
    def words(self) -> list[str]:
        """The words as a shell takes them: without comment, without what is assigned before the program."""
        words = shlex.split(self.text, comments=True)
        while words and ASSIGNED.match(words[0]):
            del words[0]
        return words

    @property
    def program(self) -> str:
        """The name of the program; empty where there is none."""
        return Path(self.words[0]).name if self.words else ""


def lines() -> list[Line]:
    """Every command line of README.md and docs/, each text once, in the order of the pages."""
    found: dict[str, Line] = {}
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for text in _code(page.read_text()):
            line = Line(page.name, text.removeprefix("- ").removeprefix("$ "))
            try:
                known = line.program in PROGRAMS
            except ValueError:  # an apostrophe in a statement or a table
                continue
            if known:
                found.setdefault(line.text, line)
    return list(found.values())


def _code(text: str) -> Iterator[str]:
    """The lines of fenced and of indented blocks."""
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line.strip()


def carried_out(known: Sequence[Line]) -> set[Line]:
    """The lines of pgproof to carry out: of each that measures one, on the example where there is such a line.

    None that names a living database: it is nobody's here (tests/environments has some).
    """
    known = [line for line in known if "--dsn postgresql://" not in line.text]
    once: dict[str, Line] = {}
    for line in known:
        command = line.words[1]
        if command not in once or ("examples/shop" in line.text and "examples/shop" not in once[command].text):
            once[command] = line
    return set(once.values()) | {line for line in known if line.words[1] not in SMALL}


def attempt(words: Sequence[str], *, whole: bool) -> tuple[int, str]:
    """Call pgproof with these arguments in this process; unless ``whole``, as far as the server."""
    from bench.cli import main
    from bench.postgres.servers import SERVERS

    printed = StringIO()
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(printed))
        stack.enter_context(redirect_stderr(printed))
        if not whole:
            stack.enter_context(patch.dict(SERVERS, dict.fromkeys(SERVERS, _nobody)))
            stack.enter_context(patch("bench.cli.files.read_environment", _nowhere))
        return main(list(words)), printed.getvalue()


@contextmanager
def _nobody(options: object) -> Iterator[None]:
    """In place of a server of any kind."""
    _nowhere(options)
    yield


def _nowhere(_where: object) -> None:
    from bench.errors import ServerError

    raise ServerError(AS_FAR_AS_THE_SERVER)


if __name__ == "__main__":
    json.dump([attempt(words, whole=whole) for words, whole in json.load(sys.stdin)], sys.stdout)
