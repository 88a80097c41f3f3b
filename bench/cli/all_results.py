"""The page of all results: an entry beside each, and ``index.html`` above them, rewritten after each that is new."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bench import storage
from bench.cli.names import default_workload
from bench.errors import PgproofError, RunFileError
from bench.experiments.entries import of
from bench.experiments.experiment import Experiment, experiment_of, result_in
from bench.model import KnownAnswer
from bench.overview.document import FILE, document
from bench.overview.record import ENTRY, Entry
from bench.overview.summary import Listed, known_answer, summarize
from bench.report.files import put
from bench.report.html import render as html
from bench.results_folder import LATEST, writing_to

PAGE = f"{FILE}.html"
OTHERS = ("check-up", "compare", "history")
"""Pages over several results, of which the latest is linked."""
READING_S = 5.0
"""Seconds of processor for results without an entry: older ones, stopped ones. The next command goes on."""
GIT_S = 5.0
"""Seconds after which a repository is not asked any more."""
_BEGUN = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-(.+?)(-\d+)?")
"""Name of a result's folder, which names its command."""


def enter(experiment: Experiment[Any, Any], record: object, folder: Path) -> Path:
    """Write the entry of a result beside it, and the page of all anew; returns the page. Raises ``PgproofError``."""
    given, root = _workload()
    entry = replace(experiment.entry(record), commit=commit_of(root), given=given)
    with writing_to(folder):
        storage.save(entry, ENTRY, folder / ENTRY.file)
    return rewrite(folder.parent)


def rewrite(output: Path) -> Path:
    """Write the page of all results in ``output`` anew."""
    found, unread = _listed(_folders(output))
    others = {name: f"{LATEST}-{name}/{name}.html" for name in OTHERS if (output / f"{LATEST}-{name}").exists()}
    made = html.render(document(summarize(found, unread, datetime.now(UTC), others)))
    with writing_to(output):
        put({PAGE: made}, output)
    return output / PAGE


def known(record: object, folder: Path) -> tuple[KnownAnswer, ...]:
    """What the results beside ``folder`` say of the workload of ``record``, which is kept in ``folder``."""
    given, _ = _workload()
    own = Listed(folder.name, replace(of(record), given=given))
    found, _ = _listed(one for one in _folders(folder.parent) if one != folder)
    made = summarize([own, *found], (), datetime.now(UTC))
    ready = next(one.ready for one in made.workloads if one.name == own.entry.workload)
    return tuple(map(known_answer, ready))


def _listed(folders: Iterable[Path]) -> tuple[list[Listed], list[str]]:
    """The results in ``folders``, and the names of those for which there was no time."""
    found, unread, until = list[Listed](), list[str](), time.process_time() + READING_S
    for folder in folders:
        entry = _kept(folder)
        if entry is None and time.process_time() > until:
            unread.append(folder.name)
        elif entry := entry or _read(folder):
            found.append(Listed(folder.name, entry))
    return found, unread


def entry_in(folder: Path) -> Entry | None:
    """The entry of the result in ``folder``; None where there is no result that can be read."""
    try:
        return _kept(folder) or _read(folder)
    except RunFileError:
        return None


def _folders(output: Path) -> Iterator[Path]:
    """Every folder of a result, newest first."""
    for folder in sorted(output.iterdir(), reverse=True):
        if folder.is_dir() and not folder.is_symlink() and not folder.name.startswith("."):
            try:
                result_in(folder)
            except RunFileError:
                continue
            yield folder


def _kept(folder: Path) -> Entry | None:
    """The entry beside a result; None where there is none, or the result was written after it."""
    file = folder / ENTRY.file
    try:
        return storage.load(ENTRY, file) if file.stat().st_mtime >= result_in(folder).stat().st_mtime else None
    except (OSError, PgproofError):
        return None


def _read(folder: Path) -> Entry | None:
    """The entry of a result that has none; None of what cannot be read. It is kept once the result is finished."""
    file = result_in(folder)
    experiment = experiment_of(file)
    try:
        entry = experiment.entry(storage.load(experiment.kind, file))
    except RunFileError:
        return None
    named = _BEGUN.fullmatch(folder.name)
    page = experiment.page if (folder / experiment.page).exists() else file.name
    entry = replace(entry, command=named[1] if named else entry.command, page=page)
    if entry.status != "running":
        try:
            storage.save(entry, ENTRY, folder / ENTRY.file)
        except (OSError, PgproofError):  # somebody else's folder, which is read all the same
            return entry
    return entry


def _workload() -> tuple[str, Path]:
    """The workload as the command line names it, where that is a path, and its folder."""
    context = click.get_current_context(silent=True)
    named = context.params.get("workload") if context else None
    if isinstance(named, Path):
        return str(named), named if named.is_dir() else named.parent
    return "", default_workload()


def commit_of(folder: Path) -> str:
    """The commit of the repository that keeps the files of ``folder``, with a + where they differ from it."""
    if not _git(folder, "ls-files", "--", "."):
        return ""
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no", "--", ".")
    return f"{_git(folder, 'rev-parse', '--short=10', 'HEAD')}{'+' if changed else ''}"


def _git(folder: Path, *command: str) -> str:
    """What git says; empty where there is none, no repository, or no answer in time."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *command], capture_output=True, text=True, check=False, timeout=GIT_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
