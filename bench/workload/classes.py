"""The header of dataset/classes.sql: what each parameter class stands for, in words."""

from __future__ import annotations

from pathlib import Path

from bench.errors import WorkloadError
from bench.workload import sqlfile

FILE = "dataset/classes.sql"


def read_class_reasons(file: Path) -> dict[str, str]:
    """Read the ``-- class NAME: reason`` lines by name; other comments above them are none of ours.

    Raises:
        WorkloadError: a line among them is something else, or a class comes twice (file:line).
    """
    lines = sqlfile.read_text(file).splitlines() if file.exists() else []
    start = next((i for i, line in enumerate(lines) if line.startswith("-- class ")), len(lines))
    reasons: dict[str, str] = {}
    for entry in sqlfile.header(lines[start:], start + 1)[0]:
        kind, _, name = entry.key.partition(" ")
        if kind != "class" or not name.strip():
            hint = "write '-- class NAME: why this tenant', or leave a line '--' before other comments"
            raise WorkloadError(f"{FILE}:{entry.line}: unknown header key '{entry.key}'", hint=hint)
        if name.strip() in reasons:
            raise WorkloadError(f"{FILE}:{entry.line}: class {name.strip()} is described a second time")
        reasons[name.strip()] = entry.value
    return reasons
