"""What was measured at a million leads, reckoned up to 100 million and a billion: python benchmarks/beyond.py.

Nothing is measured here: the figures are of docs/evidence/watched_1000000.json (seconds of filling), crm_scale.json
(size) and load_rate.json (what the server's own COPY does), and the dataset's own sizes. Rows, bytes, loading and
vacuum grow with the leads; building an index sorts, so its time grows with n log n.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import evidence

from bench.dataset.source import tables

MEASURED = 1_000_000
SIZES = {"1M, measured": 1, "100M": 100, "1B": 1000}
COPIES = 4
"""Template, before, after, and the second copy of after that a run is timed against itself with."""
DATASET = Path(__file__).parents[1] / "dataset"


def read(name: str) -> dict[str, Any]:
    """The figures of one piece of evidence."""
    found: dict[str, Any] = json.loads((evidence.FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def gigabytes(text: str) -> float:
    """``10.1 GB`` or ``854 MB`` of a table."""
    number, unit = text.split()
    return float(number) * {"MB": 1e-3, "GB": 1}[unit]


def hours(seconds: float) -> str:
    """Seconds, or hours where there are some."""
    return f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{seconds:,.0f} s"


def terabytes(count: float) -> str:
    """Gigabytes, or terabytes where there are some."""
    return f"{count / 1000:,.1f} TB" if count >= 1000 else f"{count:,.1f} GB"


def main() -> None:
    """Reckon, print, and keep."""
    filled, rate = read("watched_1000000")["dataset"], read("load_rate")
    last = read("crm_scale")["tables"]["steps"].splitlines()[-1].split("|")
    size, more = gigabytes(last[2].strip()), gigabytes(last[3].strip())
    sizes = {table.name: table.rows for table in tables(DATASET, MEASURED, 1, "default")}
    rows = sum(sizes.values())
    heads = ("leads", "rows", "copied in", "indexes, keys", "vacuum, statistics", "one database", f"{COPIES} of them")
    lines = [f"| {' | '.join(heads)} |", "|" + "---:|" * len(heads)]
    for name, times in SIZES.items():
        sorting = times * math.log2(rows * times) / math.log2(rows)
        spent = (filled["load_s"] * times, filled["index_s"] * sorting, filled["vacuum_s"] * times)
        disk = (size * times, (COPIES * size + (COPIES - 2) * more) * times)
        cells = (name, f"{rows * times / 1e6:,.0f} M", *map(hours, spent), *map(terabytes, disk))
        lines.append(f"| {' | '.join(cells)} |")
    largest = max(sizes, key=lambda one: sizes[one])
    whole = sum(filled[one] for one in ("load_s", "index_s", "vacuum_s"))
    alone = 1 / rate["over_2"]["median"]
    kept = {
        "table": "\n".join(lines),
        "rows": rows, "rows_a_lead": round(rows / MEASURED, 1), "rows_a_second": round(rows / filled["load_s"]),
        "load_s": filled["load_s"], "index_s": filled["index_s"], "vacuum_s": filled["vacuum_s"],
        "largest": largest, "largest_rows": sizes[largest], "largest_share": round(sizes[largest] / rows, 3),
        "streams": round(rows / sizes[largest], 1),
        "server_alone": round(alone, 2), "a_core": round(alone / 2, 2),
        "cores": math.ceil(rows / sizes[largest] / alone * 2),
        "load_share": round(filled["load_s"] / whole, 2), "at_most": round(whole / (whole - filled["load_s"]), 2),
    }  # fmt: skip
    for name, value in kept.items():
        print(f"{name}: {value}" if name != "table" else value)
    evidence.keep("beyond", kept)


if __name__ == "__main__":
    main()
