"""What a script measured, kept for the documents with where it comes from: docs/evidence/NAME.json."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Any

from bench import __version__, machine, storage
from bench.timestamps import now_text

FOLDER = Path(__file__).parents[1] / "docs" / "evidence"

_BEGUN, _LOAD = now_text(), os.getloadavg()[0]
"""When the script was started, before it made any load itself."""


def keep(name: str, figures: dict[str, Any], command: str = "", folder: Path = FOLDER) -> None:
    """Write ``figures`` with where they come from; ``command`` is the script's own line where none is given.

    Without ``--home``: where this machine keeps its servers is nobody's business.
    """
    words = [f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]]
    if "--home" in words:
        place = words.index("--home")
        words[place : place + 2] = []
    facts = {
        "command": command or f"python {shlex.join(words)}",
        "machine": machine.facts(),
        "date": _BEGUN[:10],
        "pgproof": __version__,
        "load_before": round(_LOAD, 1),
        **figures,
    }
    (folder / f"{name}.json").write_text(storage.spread(storage.to_json(facts)) + "\n", encoding="utf-8")


def middle(values: list[float], digits: int = 3) -> dict[str, float]:
    """Median, least, most and number of ``values``."""
    ordered = sorted(values)
    half = len(ordered) // 2
    median = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    return {
        "median": round(median, digits), "least": round(ordered[0], digits), "most": round(ordered[-1], digits),
        "n": len(ordered),
    }  # fmt: skip
