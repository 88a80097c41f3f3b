"""Every schema of a folder through ``pgproof run``, nothing written by hand: what comes out, how fast, how much memory.

    python benchmarks/corpus.py FOLDER [--rows 200k] [--limit 120] [--results results.json] [--only TEXT]
        [--write --said "what else was at work"]      # what documents show of it: docs/evidence/corpus.json
        [--evidence NAME]                             # of another folder than the open corpus: docs/evidence/NAME.json

FOLDER holds schemas, at any depth: files ``*.sql``, ``*.dump``, ``*.postgres``, or a list ``corpus.tsv`` (owner/repo,
path, …) whose files lie below ``<owner>__<repo>/``. Each runs in a process of its own, with a server of its own, and is
stopped after ``--limit`` seconds. Results are kept after each schema, and what is there already is not run again.

An outcome is ``report`` (exit code 0 and a page), ``refused`` (exit code 2 and exactly one line with a hint), or
``broken``: anything else, a traceback, a time-out, something left behind.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import evidence

SUFFIXES = {".sql", ".dump", ".postgres", ".pgsql"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one schema."""

    schema: str
    outcome: str
    seconds: float
    memory_mib: int
    """Of pgproof and its workers, the largest process; the server not counted."""
    reason: str = ""
    at_first: str = ""
    """The outcome of the first time, where it was run again since."""
    tables: int = 0
    left_out: int = 0
    foreign_keys: int = 0
    rows: int = 0
    queries: int = 0
    cells: int = 0
    empty_cells: int = 0
    """Cells of classes other than ``empty`` that returned nothing."""
    phases_s: dict[str, float] | None = None


def schemas(folder: Path) -> Iterator[tuple[str, Path]]:
    """Name and file of each schema in ``folder``."""
    listed = folder / "corpus.tsv"
    if listed.exists():
        rows = list(csv.DictReader(listed.open(), delimiter="\t"))
        several = Counter(row["owner/repo"] for row in rows)
        for row in rows:
            repository, path = row["owner/repo"], row["path"]
            name = repository if several[repository] == 1 else f"{repository}:{path}"
            yield name, folder / repository.replace("/", "__") / path
        return
    for file in sorted(folder.rglob("*")):
        if file.suffix in SUFFIXES and file.is_file():
            yield str(file.relative_to(folder)), file


def carried_out(name: str, file: Path, rows: str, limit_s: float, more: list[str]) -> Outcome:
    """Run one schema in a process of its own, and look at what it left."""
    scratch = Path(tempfile.mkdtemp(prefix="pgproof-corpus-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    scratch.chmod(0o755)  # the account of the server passes through
    command = [
        sys.executable, "-m", "bench", "run", str(file), "--rows", rows, "--home", str(scratch / "home"),
        "--output", str(scratch / "reports"), "--quiet", *more,
    ]  # fmt: skip
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True, cwd=scratch
    )
    try:
        _, complaints = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        complaints = f"not finished after {limit_s:g} s"
    seconds = time.perf_counter() - begin
    try:
        return looked_at(name, process.returncode, complaints, seconds, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def looked_at(name: str, code: int, complaints: str, seconds: float, scratch: Path) -> Outcome:
    """Decide what became of it."""
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    stored = list((scratch / "reports").glob("*/now.json"))
    lines = [line for line in complaints.splitlines() if line.strip()]
    if code == 0 and stored and stored[0].with_name("report.html").exists():
        return Outcome(name, "report", seconds, memory, **facts(json.loads(stored[0].read_text())))
    errors = [line for line in lines if line.startswith("error:")]
    if code == 2 and len(errors) == 1 and len(lines) <= 2 and not stored:
        return Outcome(name, "refused", seconds, memory, errors[0])
    return Outcome(name, "broken", seconds, memory, f"exit {code}: {' / '.join(lines[-3:])}")


def facts(run: dict) -> dict:
    """What a stored run says of its schema."""
    tables = run["dataset"]["tables"]
    cells = [pair for pair in run["pairs"] if pair["before"].get("samples")]
    wanted = [pair for pair in cells if pair["parameter_class"] != "empty"]
    return {
        "tables": len(tables),
        "left_out": sum(one["kind"] == "left out" for one in run.get("assumed", ())),
        "foreign_keys": len(run.get("foreign_keys", ())),
        "rows": sum(table["rows"] for table in tables),
        "queries": len(run["queries"]),
        "cells": len(cells),
        "empty_cells": sum(not any(b.get("result_rows") for b in pair["bindings"]) for pair in wanted),
        "phases_s": {name: round(took, 2) for name, took in run["phases_s"].items()},
    }


def show(found: list[Outcome]) -> None:
    """Print the table, and what it comes to."""
    head = f"{'schema':<44} {'tables':>6} {'fks':>5} {'rows':>9} {'s':>6} {'MiB':>5}  outcome"
    print(head)
    for one in found:
        said = one.outcome + (f": {one.reason[:150]}" if one.reason else "") + (
            f" ({one.left_out} left out)" if one.left_out else "")  # fmt: skip
        print(
            f"{one.schema[-44:]:<44} {one.tables:>6} {one.foreign_keys:>5} {one.rows:>9,} {one.seconds:>6.1f} "
            f"{one.memory_mib:>5}  {said}"
        )
    reports = [one for one in found if one.outcome == "report"]
    if not reports:
        return
    took = sorted(one.seconds for one in reports)
    p95 = took[min(len(took) - 1, int(0.95 * len(took)))]
    wanted = sum(one.cells for one in reports)
    counted = {word: sum(one.outcome == word for one in found) for word in ("report", "refused", "broken")}
    print(
        f"\n{len(found)} schemas: {', '.join(f'{number} {word}' for word, number in counted.items())}; "
        f"seconds to a report: median {statistics.median(took):.1f}, p95 {p95:.1f}, most {took[-1]:.1f}; "
        f"memory at most {max(one.memory_mib for one in reports)} MiB; "
        f"{sum(one.empty_cells for one in reports)} of {wanted} cells returned nothing that should"
    )


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", default="200k")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds that a schema may take")
    parser.add_argument("--results", type=Path, default=Path("corpus.json"))
    parser.add_argument("--only", default="", help="schemas whose name holds this text")
    parser.add_argument("--again", default="", help="run those again that ended so: broken, refused, report")
    parser.add_argument("--show", action="store_true", help="only print the results that are there")
    parser.add_argument("--write", action="store_true", help="keep what it comes to for the documents")
    parser.add_argument("--evidence", default="corpus", help="its name")
    parser.add_argument("--said", default="nothing else at work", help="of the machine, in the evidence")
    arguments, more = parser.parse_known_args()
    known: dict[str, Outcome] = {}
    if arguments.results.exists():
        known = {one["schema"]: Outcome(**one) for one in json.loads(arguments.results.read_text())}
    for name, file in () if arguments.show else schemas(arguments.folder):
        old = known.get(name)
        if arguments.only not in name or (old and old.outcome not in arguments.again.split(",")):
            continue
        # In a child, so that the memory is that of this schema alone.
        known[name] = apart(name, file, arguments.rows, arguments.limit, more)
        if old:
            known[name] = replace(known[name], at_first=old.at_first or old.outcome)
        print(f"{name}: {known[name].outcome} {known[name].seconds:.1f} s {known[name].reason[:200]}", file=sys.stderr)
        arguments.results.write_text(json.dumps([asdict(one) for one in known.values()], indent=1) + "\n")
    found = list(known.values())
    show(found)
    if arguments.write:
        command = f"python benchmarks/corpus.py FOLDER --rows {arguments.rows}"
        evidence.keep(arguments.evidence, figures(found, arguments.rows, arguments.said), command)


def figures(found: list[Outcome], rows: str, said: str) -> dict:
    """What it comes to, with each schema's outcome."""
    reports = [one for one in found if one.outcome == "report"]
    took = sorted(one.seconds for one in reports)
    p95 = took[min(len(took) - 1, int(0.95 * len(took)))]
    return {
        "said": said, "rows": rows, "schemas": len(found), "reports": len(reports),
        "at_first": sum((one.at_first or one.outcome) == "report" for one in found),
        "refused": sum(one.outcome == "refused" for one in found),
        "refused_s": round(max((one.seconds for one in found if one.outcome == "refused"), default=0.0), 1),
        "seconds": {"median": round(statistics.median(took), 1), "p95": round(p95, 1), "most": round(took[-1], 1)},
        "memory_mib": max(one.memory_mib for one in reports), "cells": sum(one.cells for one in reports),
        "empty_cells": sum(one.empty_cells for one in reports),
        "outcomes": [asdict(one) | {"seconds": round(one.seconds, 1), "phases_s": None} for one in found],
    }  # fmt: skip


def apart(name: str, file: Path, rows: str, limit_s: float, more: list[str]) -> Outcome:
    """``carried_out`` in a process of its own, whose children are those of this schema only."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            json.dump(asdict(carried_out(name, file, rows, limit_s, more)), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        found = Outcome(**json.load(pipe))
    os.waitpid(child, 0)
    return found


if __name__ == "__main__":
    main()
