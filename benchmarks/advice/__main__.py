"""The commands of this benchmark: ``python -m benchmarks.advice --help``."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import evidence
from benchmarks.advice import crm, greedy, measured, one_by_one
from benchmarks.advice.compare import Adviser, Change, Known, executed, know
from benchmarks.advice.ground import Ground, grounds, server_of
from benchmarks.advice.hundred import write_hundred
from benchmarks.advice.hypothetical import Proposal
from benchmarks.advice.planted import WORKLOADS, Planted, read_planted
from benchmarks.advice.table import NAMES, false_helps, row, table

ROOT = Path(__file__).parents[2]
EVIDENCE = evidence.FOLDER / "advice.json"
QUICK = ["--no-shipping", "--budget", "10"]
BY_HAND = "crm_by_hand.json"
"""Evidence of its own, beside the other."""
PARTS = ("workloads", "speed", "tables", "commands")
"""Of the evidence, each measured by a command of its own."""
FOLDERS = {"--home": "HOME", "--pg-bin": "PROGRAMS", "--said": "FOLDER", "--evidence": "FILE"}
"""Options whose values are of one machine, and what the evidence says in their place."""
BY_ESTIMATE: dict[str, Callable[[Ground], tuple[Proposal, ...]]] = {
    "one by one": one_by_one.advise, "greedy": greedy.advise,
}  # fmt: skip


def main() -> int:
    """Do as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.advice", description="Measured advice, put to proof.")
    parser.add_argument("command", choices=("prove", "compare", "crm", "speed"))
    parser.add_argument("--home", type=Path, required=True, help="folder of the server's data")
    parser.add_argument("--pg-bin", type=Path, help="an installed PostgreSQL with HypoPG (default: the wheel's)")
    parser.add_argument("--workload", action="append", help="this one only; what is known of the others is kept")
    parser.add_argument("--adviser", action="append", choices=NAMES, help="this one only; the others are kept")
    parser.add_argument(
        "--quick", action="store_true", help="let pgproof advise prove its set in 10 s, and under no load"
    )
    parser.add_argument("--scale", default="20k", help="leads of the CRM")
    parser.add_argument(
        "--said", type=Path, help="folder of a finished advice on the CRM at that scale, not to ask again"
    )
    parser.add_argument("--evidence", type=Path, default=EVIDENCE, help="the JSON to write")
    chosen = parser.parse_args()
    names = chosen.workload or sorted(path.name for path in WORKLOADS.iterdir() if path.is_dir())
    if chosen.command == "prove":
        return prove(names, chosen)
    if chosen.command in ("crm", "speed"):
        return {"crm": crm_by_hand, "speed": speed}[chosen.command](chosen)
    for name in names:
        keep(chosen.evidence, name, compared(name, chosen))
    return 0


def prove(names: list[str], chosen: argparse.Namespace) -> int:
    """Say what every planted index does for its query, and give 1 where one does not help."""
    useless = 0
    with server_of(chosen.home, chosen.pg_bin) as server:
        for name in names:
            with grounds(WORKLOADS / name, server) as ground:
                known = know(ground, read_planted(WORKLOADS / name)[0])
            for line in lines_of(known):
                print(f"{name:10} {line}")
            useless += sum(not cells for *_, cells in known.planted.values())
    return 1 if useless else 0


def lines_of(known: Known) -> Iterator[str]:
    """A line for each planted index: work and time of each cell without it and with it."""
    for name, (_, alone, cells) in known.planted.items():
        seen = (f"{label} {known.bare[label].work:,} -> {one.work:,} ({known.bare[label].ms:.1f} -> {one.ms:.1f} ms)"
                + ("" if label in cells else " no help") for label, one in alone.items())  # fmt: skip
        yield f"{name:28} {'; '.join(seen)}"


def compared(name: str, chosen: argparse.Namespace) -> dict[str, Any]:
    """Every adviser on one workload."""
    folder = WORKLOADS / name
    planted, traps = read_planted(folder)
    wanted = chosen.adviser or list(NAMES)
    own = by_execution(folder, chosen) if "measured" in wanted else None
    found: dict[str, Any] = {}
    with server_of(chosen.home, chosen.pg_bin) as server, grounds(folder, server) as ground:
        known = know(ground, planted)
        target_ms = ground.setup.workload.target_ms
        for adviser in (advised(one, ground, planted) for one in wanted if one != "measured"):
            found[adviser.name] = executed(ground, known, adviser, traps, target_ms)
            print(" | ".join(row(name, adviser.name, found[adviser.name])), flush=True)
        if own:
            found["measured"] = {**executed(ground, known, own[0], traps, target_ms), "again": own[1]}
            print(" | ".join(row(name, "measured", found["measured"])), own[1], flush=True)
        server_version = server.version_num
    return {
        "target_ms": target_ms, "server": server_version, "advisers": found,
        "planted": {one: {**asdict(it), "helps": list(cells)} for one, (it, _, cells) in known.planted.items()},
    }  # fmt: skip


def advised(name: str, ground: Ground, planted: tuple[Planted, ...]) -> Adviser:
    """What nobody, the one who planted, or an adviser by estimate says."""
    if name == "nothing":
        return Adviser(name, ())
    if name == "planted":
        return Adviser(name, tuple(Change(one.ddl, (one.query,)) for one in planted))
    begin = time.perf_counter()
    proposals = BY_ESTIMATE[name](ground)
    changes = tuple(Change(one.ddl, one.queries, round(one.saving, 4)) for one in proposals)
    return Adviser(name, changes, time.perf_counter() - begin)


def by_execution(folder: Path, chosen: argparse.Namespace) -> tuple[Adviser, list[str]]:
    """What ``pgproof advise`` says, and what it says again of a schema in which that was done."""
    output = chosen.home / "advice"
    more = QUICK if chosen.quick else []
    said = measured.advise(folder, chosen.home, chosen.pg_bin, output, more)
    with measured.with_advice(folder, said) as again:
        second = measured.advise(again, chosen.home, chosen.pg_bin, output, ["--on-top", *QUICK])
    changes = tuple(
        Change(one.sql, block.serves) for block in said.blocks for one in block.statements
        if not one.sql.startswith("CREATE EXTENSION")  # which the schemas have
    )  # fmt: skip
    return Adviser("measured", changes, said.seconds, measured.warned(said)), [
        one.sql for block in second.blocks for one in block.statements
    ]


def crm_by_hand(chosen: argparse.Namespace) -> int:
    """The CRM, advised on as if nobody had optimized it, against its optimizations."""
    if chosen.said:
        said = measured.finished(chosen.said)
    else:
        asked = ["--scale", chosen.scale, *(QUICK if chosen.quick else [])]
        said = measured.advise(ROOT, chosen.home, chosen.pg_bin, chosen.home / "advice", asked)
    with server_of(chosen.home, chosen.pg_bin) as server, grounds(ROOT, server, rows=chosen.scale) as ground:
        found = crm.against_hand(ground, said.blocks) | {"seconds": round(said.seconds, 1)}
    found["advised"] = [one.sql for block in said.blocks for one in block.statements]
    found |= {"said": crm.in_words(found), "tables": {"queries": crm.table(found)}}
    print(crm.table(found), found["said"], f"lost: {found['lost']}", sep="\n", flush=True)
    write(chosen.evidence.with_name(BY_HAND), found)
    return 1 if found["lost"] else 0


def speed(chosen: argparse.Namespace) -> int:
    """How long it takes for one query of a workload that is filled, and for a hundred over fifty tables."""
    output = chosen.home / "advice"
    query = WORKLOADS / "shop" / "queries" / "units_sold.sql"
    one = measured.advise(WORKLOADS / "shop", chosen.home, chosen.pg_bin, output, ["--query", str(query)])
    write_hundred(chosen.home / "hundred")
    given = ["--queries", str(chosen.home / "hundred" / "queries.sql")]
    many = measured.advise(chosen.home / "hundred" / "schema.sql", chosen.home, chosen.pg_bin, output, given)
    kept = stored(chosen.evidence)
    kept["speed"] = {
        "one_query_s": round(one.seconds, 1), "hundred_s": round(many.seconds, 1), "hundred_changes": len(many.blocks)
    }  # fmt: skip
    print(kept["speed"])
    write(chosen.evidence, kept)
    return 0


def keep(file: Path, name: str, found: dict[str, Any]) -> None:
    """Put what was seen of one workload beside what is known of the others."""
    kept = stored(file)
    before = kept["workloads"].get(name, {}).get("advisers", {})
    kept["workloads"][name] = {**found, "advisers": {one: {**before, **found["advisers"]}[one] for one in NAMES
                                                     if one in before or one in found["advisers"]}}  # fmt: skip
    tables = {"advisers": table(kept["workloads"]), "false_helps": false_helps(kept["workloads"])}
    kept["tables"] = kept.get("tables", {}) | tables
    write(file, kept)


def stored(file: Path) -> dict[str, Any]:
    """What was measured before."""
    found = json.loads(file.read_text()) if file.exists() else {"workloads": {}}
    return {part: found[part] for part in PARTS if part in found}


def write(file: Path, kept: dict[str, Any]) -> None:
    """Keep what was measured, with where it comes from."""
    file.parent.mkdir(parents=True, exist_ok=True)
    line = command_line(sys.argv[1:])
    kept["commands"] = kept.get("commands", {}) | {sys.argv[1]: line}
    evidence.keep(file.stem, kept, line, file.parent)


def command_line(arguments: Sequence[str]) -> str:
    """This script's own line, without the folders of the machine."""
    words = [FOLDERS.get(before, word) for before, word in zip(("", *arguments), arguments, strict=False)]
    return f"python -m benchmarks.advice {shlex.join(words)}"


if __name__ == "__main__":
    sys.exit(main())
