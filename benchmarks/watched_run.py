"""Run pgproof and watch it: seconds by phase, and the peak memory of its Python processes.

    python benchmarks/watched_run.py --leads 1M [any option of pgproof run]

Memory is sampled five times a second over the process and its Python children (not the server): the sum of resident
sets, and of proportional sets, in which a page that n processes share counts 1/n in each. Kept as watched_SCALE.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import evidence


def python_processes(root: int) -> list[int]:
    """The process and its descendants that run Python."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        waiting += children.get(pid, [])
        try:
            if "python" in Path(f"/proc/{pid}/exe").resolve().name:
                found.append(pid)
        except OSError:
            continue
    return found


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident and proportional set of one process in MB; zero when it has just ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    values = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines[1:] if line.endswith("kB")}
    return values.get("Rss", 0.0), values.get("Pss", 0.0)


def main() -> int:
    """Watch one run and print what was seen."""
    output = Path("reports") / "watched"
    command = [sys.executable, "-m", "bench", "run", "--quiet", "--output", str(output), *sys.argv[1:]]
    begin = time.monotonic()
    peak_rss = peak_pss = 0.0
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            sizes = [memory_mb(pid) for pid in python_processes(process.pid)]
            peak_rss = max(peak_rss, sum(rss for rss, _ in sizes))
            peak_pss = max(peak_pss, sum(pss for _, pss in sizes))
            time.sleep(0.2)
    took = time.monotonic() - begin
    print(f"exit {process.returncode}, {took:.1f} s")
    print(f"peak memory of the Python processes: resident {peak_rss:.0f} MB, proportional {peak_pss:.0f} MB")
    if process.returncode == 0:
        run = json.loads((output / "latest" / "run.json").read_text())
        dataset = run["dataset"]
        made = {name: round(dataset[name], 1) for name in ("load_s", "index_s", "vacuum_s")}
        phases = {name: round(s, 1) for name, s in run["phases_s"].items()}
        print(f"dataset (cached: {dataset['cached']}): {made}")
        print(f"phases: {phases}")
        figures = {"seconds": round(took, 1), "resident_mb": round(peak_rss), "proportional_mb": round(peak_pss)}
        kept = {**figures, "dataset": {"cached": dataset["cached"], **made}, "phases_s": phases}
        command = f"python benchmarks/watched_run.py {' '.join(sys.argv[1:])}"
        evidence.keep(f"watched_{dataset['scale']}", kept, command)
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
