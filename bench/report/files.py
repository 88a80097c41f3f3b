"""What was rendered as files, each moved into place whole."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def put(contents: Mapping[str, str | bytes], folder: Path) -> tuple[Path, ...]:
    """Write each text (as UTF-8) or picture under its name into ``folder``, which is made where it is missing.

    Returns the files.
    Raises ``OSError``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in contents.items():
        path = folder / name
        aside = path.with_name(f".{name}.{os.getpid()}")
        try:
            aside.write_bytes(content.encode() if isinstance(content, str) else content)
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
        written.append(path)
    return tuple(written)
