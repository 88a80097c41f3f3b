"""How long the gate takes on a kept dataset: unchanged files, one statement changed, one index gone.

    python benchmarks/gate_time.py [--leads 20k] [--home FOLDER] [--without NAME]    # three quiet minutes
    python benchmarks/figures_in_docs.py                         # writes docs/gate.md

A copy of the CRM's files gets a baseline, which fills the dataset where it is not there yet. Then the gate is carried
out on each change as a command of its own, and its seconds are those from its start to its end. Kept in
docs/evidence/gate_time.json.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import evidence

ROOT = Path(__file__).parents[1]
PARTS = ("schema.sql", "queries", "writes", "optimizations.sql", "dataset", "pgproof.toml", "distribution.sql")
QUERY = "queries/communication_history.sql"


def main() -> int:
    """Carry out the gate on each change, and keep what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", default="20k")
    parser.add_argument("--home", type=Path, help="where servers keep their data; pgproof's own by default")
    parser.add_argument("--without", default="audit_log_org_entity_idx", help="the index that is gone")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "crm"
        folder.mkdir()
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, folder / part)
            elif source.exists():
                shutil.copyfile(source, folder / part)
        where = ["--leads", chosen.leads, "--quiet", *(["--home", str(chosen.home)] if chosen.home else [])]
        _pgproof("baseline", str(folder), *where)
        found: dict[str, Any] = {"leads": chosen.leads, "without": chosen.without}
        found["unchanged"] = _gate(folder, where, 0)
        _replaced(folder / QUERY, r"(?m)^(?!--)(.*?)\bSELECT\b", r"\1SELECT /* changed */")  # not in the header
        found["statement"] = _gate(folder, where, 0)
        _replaced(folder / QUERY, r"SELECT /\* changed \*/", "SELECT")
        made = rf"(CREATE INDEX {chosen.without}\b[^;]*);"  # it stays, since queries name it, and holds no row
        _replaced(folder / "optimizations.sql", made, r"\1 WHERE false;")
        found["gone"] = _gate(folder, where, 1)
    evidence.keep("gate_time", found, f"python benchmarks/gate_time.py --leads {chosen.leads}")
    print(json.dumps(found))
    return 0


def _replaced(file: Path, old: str, new: str) -> None:
    text, times = re.subn(old, new, file.read_text(encoding="utf-8"), count=1)
    if not times:
        sys.exit(f"{file.name} has no {old}")
    file.write_text(text, encoding="utf-8")


def _gate(folder: Path, where: list[str], expected: int) -> dict[str, Any]:
    begin = time.monotonic()
    _pgproof("gate", str(folder), *where, "--output", str(folder / "results"), expected=expected)
    seconds = round(time.monotonic() - begin, 1)
    result = json.loads((folder / "results" / "latest-gate" / "gate.json").read_text(encoding="utf-8"))
    cells = result["cells"]
    return {
        "seconds": seconds,
        "phases_s": {re.sub(r"\W", "_", name): round(took, 1) for name, took in result["phases_s"].items()},
        "cells": len(cells),
        "same": sum(cell["same"] for cell in cells),
        "timed": sum(cell["timed"] is not None for cell in cells),
        "red": sum(cell["word"] == "regression" for cell in cells),
    }


def _pgproof(*arguments: str, expected: int = 0) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != expected:
        sys.exit(f"pgproof {arguments[0]} ended with {done.returncode}: {(done.stdout + done.stderr).strip()[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
