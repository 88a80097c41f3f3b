"""Which files of a folder make the schema, and whether their names say in which order.

A folder may hold more than that: what leads back, tests, seeds, upgrades of older versions, the same for other systems.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import WorkloadError

SQL = re.compile(r"\.(?:sql|pgsql|psql|ddl)(?:\.gz)?$", re.IGNORECASE)
_DOWN = re.compile(
    r"(?:^|[._-])(?:down|undo|rollback|revert)\.sql$|\.undo\.|^U[\d._]+__|^(?:drop|uninstall)(?=[A-Z_.-])",
    re.IGNORECASE,
)
_SEED = re.compile(r"^[Ss]eeds?[._-]|^before[A-Z]\w*\.sql$|(?:^|[a-z_.-])[Tt]est[_-]?[Dd]ata(?![a-z])")
_OTHERS = {"mysql", "mariadb", "sqlite", "sqlite3", "mssql", "sqlserver", "oracle", "clickhouse", "h2"}
"""Folders with the same migrations for other systems."""
_ASIDE = {
    "test", "tests", "fixtures", "seed", "seeds", "verify", "revert", "down", "rollback", "rollbacks", "undo",
    "queries", "query", "snippets", "mocks",
}  # fmt: skip
"""Folders that hold no schema, where others do."""
_OLDER = re.compile(r"^(?:upgrades?|updates?|versioned|patches|upgrading)$", re.IGNORECASE)
_STEPS = re.compile(r"^(?:migrations?|migrate|changes|committed)$", re.IGNORECASE)
_NUMBERED = re.compile(
    r"^(?:V|B|U|script|migration|patch|update|m)?[-_. ]?\d|^R__|^after(?:Each)?Migrate", re.IGNORECASE
)
_BARE = re.compile(r"^(?:up|migration|migrate|forward)\.", re.IGNORECASE)
_MAKES_TABLE = re.compile(rb"\bCREATE\s+(?:UNLOGGED\s+)?TABLE\b", re.IGNORECASE)
STRAYS = 5
"""Times as many files have a number where one without is none of the migrations, as the tools see it."""
_CODE = {".go", ".js", ".mjs", ".ts", ".rb", ".py", ".java", ".kt", ".exs", ".php", ".rs", ".cs"}


@dataclass(frozen=True, slots=True)
class Folder:
    """The files that make the schema, unsorted, and what is said of the others."""

    files: tuple[Path, ...]
    ordered: bool
    """By a plan, as they stand here, or by the numbers in their names; else an order has to be found."""
    planned: bool = False
    notes: tuple[str, ...] = ()
    code: str = ""
    """Migrations beside them that are programs, and cannot be carried out."""


def look_into(folder: Path) -> Folder:
    """The files of ``folder`` that make the schema.

    Raises:
        WorkloadError: there is no file of SQL in it, or none that leads up, or it cannot be read.
    """
    every = [file for file in sorted(folder.rglob("*")) if SQL.search(file.name) and file.is_file()]
    files = [file for file in every if not _hidden(file.relative_to(folder))]
    if not files:
        raise WorkloadError(
            f"{folder} holds no .sql file", hint="give a schema's file, a folder of migrations, or a DSN"
        )
    if plan := next(iter(sorted(folder.glob("sqitch.plan")) + sorted(folder.glob("*/sqitch.plan"))), None):
        return Folder(tuple(_planned(plan)), ordered=True, planned=True)
    up = [file for file in files if not _DOWN.search(file.name) and not _SEED.search(file.name)]
    if not up:
        raise WorkloadError(f"{folder} holds no migration that leads up, of {len(files)} files")
    kept, notes = _without_others(folder, [file for file in up if not _aside(file.relative_to(folder))] or up)
    strays = [file for file in kept if not numbered(file)]
    if len(strays) * STRAYS < len(kept):
        notes += [f"{file.relative_to(folder).as_posix()} is left out: it has no number" for file in strays]
        kept = [file for file in kept if numbered(file)]
    return Folder(tuple(kept), all(map(numbered, kept)), notes=tuple(notes), code=_code(kept))


def _without_others(folder: Path, files: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Either what makes the schema, or the migrations that lead to it, where both are there; no upgrades."""
    top = [file for file in files if file.parent == folder]
    whole = any(_MAKES_TABLE.search(file.read_bytes()) for file in top)
    left: dict[str, list[Path]] = {}
    for file in files:
        first = file.relative_to(folder).parts[0]
        if file.parent != folder and whole and (_OLDER.match(first) or (_STEPS.match(first) and not numbered(top[0]))):
            left.setdefault(f"{first}/", []).append(file)
        elif not (whole or _STEPS.match(first) or numbered(file)) and any(_is_steps(folder, one) for one in files):
            left.setdefault(first + ("/" if file.parent != folder else ""), []).append(file)
    gone = {file for some in left.values() for file in some}
    notes = [f"{name} is left out: what else is in {folder.resolve().name}/ makes the schema" for name in left]
    kept = [file for file in files if file not in gone]
    inner = {file.relative_to(folder).parts[0] for file in kept}
    if not whole and len(inner) == 1 and kept[0].parent != folder:
        deeper, more = _without_others(folder / inner.pop(), kept)
        return deeper, notes + more
    return kept, notes


def _is_steps(folder: Path, file: Path) -> bool:
    parts = file.relative_to(folder).parts
    return len(parts) > 1 and bool(_STEPS.match(parts[0]))


def _planned(plan: Path) -> Iterable[Path]:
    """The changes of Sqitch in the order of its plan; one that was reworked stands under the tag before that."""
    changes: list[tuple[str, list[str]]] = []  # each with the tags up to where it was reworked
    reworkable: dict[str, list[str]] = {}
    for line in plan.read_text(encoding="utf-8", errors="replace").splitlines():
        word = "".join(line.split("#")[0].split()[:1])
        if word.startswith("@"):
            for tags in reworkable.values():
                tags.append(word)
        elif word and not word.startswith("%"):
            reworkable[word] = []
            changes.append((word, reworkable[word]))
    for name, tags in changes:
        places = [plan.parent / "deploy" / f"{name}{tag}.sql" for tag in tags if tags is not reworkable[name]]
        yield next((one for one in places if one.is_file()), plan.parent / "deploy" / f"{name}.sql")


def numbered(file: Path) -> bool:
    """Whether its name, or that of its folder where all files are called alike, has a number or date to sort by."""
    return bool(_NUMBERED.match(file.parent.name if _BARE.match(file.name) else file.name))


def _aside(name: Path) -> bool:
    return any(part.lower() in _ASIDE for part in name.parts[:-1])


def _hidden(name: Path) -> bool:
    return any(part.startswith((".", "node_modules")) or part.lower() in _OTHERS for part in name.parts)


def _code(files: Sequence[Path]) -> str:
    """What beside numbered files is numbered too, and a program."""
    folders = {file.parent for file in files}
    found = sorted(
        other.name for folder in folders for other in folder.iterdir()
        if other.suffix in _CODE and _NUMBERED.match(other.name)
    )  # fmt: skip
    more = f" and {len(found) - 1} more" if found[1:] else ""
    return f"{found[0]}{more}" if found else ""
