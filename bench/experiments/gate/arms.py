"""The two arms of a gate: the working tree, and what it is compared with.

The old arm is a git ref, or what a baseline's recipe says: a commit, or the files themselves. Schema, queries and
optimizations are its own; rows, clock and target are the working tree's, so that both arms answer from the same data.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bench.errors import BaselineError, PgproofError, WorkloadError
from bench.experiments.gate.record import Recipe
from bench.model import Injection
from bench.workload import Workload, read

OWN = ("schema.sql", "queries", "writes", "optimizations.sql")
"""What an arm brings itself."""
SHARED = ("dataset", "dataset.toml", "pgproof.toml")
"""What both arms take from the working tree."""

ArmName = Literal["base", "head"]
ARMS: tuple[ArmName, ArmName] = ("base", "head")


@dataclass(frozen=True, slots=True)
class Arm:
    """One side of the comparison."""

    name: ArmName
    label: str
    workload: Workload
    injection: Injection | None = None
    """What makes this arm worse, when the gate tests itself."""


def head_arm(workload: Workload) -> Arm:
    """The working tree; the label says of which commit, and whether anything is not committed."""
    commit = _commit(workload.root, "HEAD")
    if not commit:
        return Arm("head", "the files as they are", workload)
    changed = ", with uncommitted changes" if _dirty(workload.root) else ""
    return Arm("head", f"the working tree (on {commit[:10]}{changed})", workload)


@contextmanager
def arm_of_ref(workload: Workload, ref: str) -> Iterator[Arm]:
    """The workload as it was at a git ref, in a temporary folder that goes away."""
    commit = _commit(workload.root, ref)
    if not commit:
        hint = f"git fetch origin {ref.removeprefix('origin/')}, or fetch the whole history (fetch-depth: 0)"
        raise PgproofError(f"--base {ref}: no such commit in {workload.root.resolve().name}'s repository", hint=hint)
    with tempfile.TemporaryDirectory(prefix="pgproof-base-") as folder:
        _extract(workload.root, commit, ref, Path(folder))
        named = ref if commit.startswith(ref) else f"{ref} ({commit[:10]})"
        yield Arm("base", named, _read_with_shared(workload, Path(folder), f"the workload at {ref}"))


@contextmanager
def arm_of_recipe(workload: Workload, recipe: Recipe) -> Iterator[Arm]:
    """The workload as it was when a baseline was made."""
    if recipe.commit:
        if not _commit(workload.root, recipe.commit):
            hint = "fetch the whole history (git fetch --unshallow), or compare counters alone: --counters-only"
            raise PgproofError(f"the baseline's commit {recipe.commit[:10]} is not in this repository", hint=hint)
        with arm_of_ref(workload, recipe.commit) as arm:
            yield replace(arm, label=f"commit {recipe.commit[:10]}")
        return
    with tempfile.TemporaryDirectory(prefix="pgproof-base-") as folder:
        for name, text in recipe.files.items():
            file = (Path(folder) / name).resolve()
            if not file.is_relative_to(Path(folder).resolve()):
                raise BaselineError(f"the baseline's recipe names a file outside of the workload: {name}")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        yield Arm("base", "the baseline's own files", _read_with_shared(workload, Path(folder), "the baseline's files"))


def recipe_of(workload: Workload) -> Recipe:
    """How to make this state of the workload again: its commit, or where that does not hold it, its files."""
    commit = _commit(workload.root, "HEAD")
    if commit and not _dirty(workload.root):
        return Recipe(commit=commit)
    files = [workload.root / "schema.sql", workload.root / "optimizations.sql"]
    files += sorted(file for part in ("queries", "writes") for file in (workload.root / part).glob("*.sql"))
    texts = {f.relative_to(workload.root).as_posix(): f.read_text(encoding="utf-8") for f in files if f.exists()}
    return Recipe(files=texts)


def _read_with_shared(workload: Workload, folder: Path, what: str) -> Workload:
    for name in SHARED:
        source = workload.root / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copyfile(source, folder / name)
    try:
        return read(folder, cluster_sql=workload.cluster_sql)
    except WorkloadError as error:
        raise WorkloadError(f"{what} cannot be used: {error.message}", hint=error.hint) from error


# ------------------------------------------------------------------------------------------------------- git
def _git(folder: Path, *arguments: str) -> bytes | None:
    """Output of a git command in ``folder``; None where it fails, or where there is no git or no repository."""
    try:
        done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def _commit(folder: Path, ref: str) -> str:
    found = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return found.decode().strip() if found else ""


def _dirty(folder: Path) -> bool:
    """Whether what defines an arm differs from the commit, or is not in it."""
    return bool(_git(folder, "status", "--porcelain", "--", *OWN, *SHARED))


def _extract(root: Path, commit: str, ref: str, into: Path) -> None:
    prefix = (_git(root, "rev-parse", "--show-prefix") or b"").decode().strip()
    # From the top: in a subfolder these commands look for the subfolder inside of the tree that they are given.
    top = Path((_git(root, "rev-parse", "--show-toplevel") or b".").decode().strip())
    listed = (_git(top, "ls-tree", "--name-only", f"{commit}:{prefix}") or b"").decode().splitlines()
    present = [name for name in OWN if name in listed]
    if "schema.sql" not in present or "queries" not in present:
        where = prefix or "the top of the repository"
        raise WorkloadError(f"--base {ref}: no workload there (no schema.sql and queries/ in {where})")
    archive = _git(top, "archive", "--format=tar", f"{commit}:{prefix}", *present)
    if archive is None:
        raise WorkloadError(f"--base {ref}: git could not give its files")
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(into, filter="data")
