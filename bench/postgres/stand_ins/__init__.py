"""Extensions in plain SQL that stand in for those that a server lacks: PostgreSQL 18 is told where their files are.

The files in ``extension/`` are those of any extension (``CREATE EXTENSION`` in PostgreSQL's manual, "Packaging Related
Objects into an Extension"), so a dump names them as it names the real ones, and leaves their functions out.
"""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

from bench.postgres.catalog import rows
from bench.postgres.connection import Connection

FIRST_MAJOR = 18
"""The first PostgreSQL with ``extension_control_path``."""

_FILES = Path(str(resources.files(__name__))) / "extension"

NAMES = tuple(sorted(file.stem for file in _FILES.glob("*.control")))
"""The extensions that there are stand-ins for."""


def control_path(folder: Path, major: int) -> dict[str, str]:
    """The setting by which a server finds the stand-ins behind its own extensions; none where it has no such setting.

    They are copied to ``folder``, where the server's account can read them.
    """
    if major < FIRST_MAJOR or ":" in str(folder):  # the list is separated by colons, and nothing escapes one
        return {}
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_FILES, folder / "extension")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return {"extension_control_path": f"$system:{folder}"}


def stand_ins(connection: Connection) -> tuple[str, ...]:
    """The extensions of the database whose functions are stand-ins."""
    return tuple(row["name"] for row in rows(connection, "list_stand_ins", list(NAMES)))
