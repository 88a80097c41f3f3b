"""Rendered texts as files, each moved into place whole."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def put(texts: Mapping[str, str], folder: Path) -> tuple[Path, ...]:
    """Write each text under its name into ``folder``, which is made where it is missing; return the files.

    Raises ``OSError``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in texts.items():
        path = folder / name
        aside = path.with_name(f".{name}.{os.getpid()}")
        try:
            aside.write_text(text, encoding="utf-8", newline="\n")
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
        written.append(path)
    return tuple(written)
