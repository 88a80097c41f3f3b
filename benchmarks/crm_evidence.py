"""Measure the CRM as README.md and docs/ show it, and keep what they show.

    python benchmarks/crm_evidence.py [STEP ...] [--home FOLDER]     # all steps take some hours; --list names them
    python benchmarks/figures_in_docs.py                             # writes the figures into the documents

A step is a command of pgproof. Kept are its headline, what is said below it and the tables of each section that a
document shows, as its Markdown has them, with the command, machine, date, version, load and seconds:
docs/evidence/crm_STEP.json. The step ``sample`` keeps the whole result, reports/sample. A result knows its machine and
date, not the load and seconds of its process: with --result they are given, or missing.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import evidence

from bench.model.vocabulary import mark
from bench.overview.record import ENTRY

ROOT = Path(__file__).parents[1]
AGED = ("--aged", "20%")
"""What a run is published with: tables that live, not tables that were just loaded."""
SIGNS = "|".join(mark(verdict).emoji for verdict in ("meets", "misses", "cannot tell"))


@dataclass(frozen=True, slots=True)
class Step:
    """A command, and the titles of the sections whose tables are kept."""

    arguments: tuple[str, ...]
    sections: tuple[str, ...] = ()
    repeat: int = 1
    """Times that it is carried out, for its seconds; the tables are those of the last."""
    fresh: bool = False
    """With an empty home, so that nothing is cached."""


def _run(size: str, *more: str) -> tuple[str, ...]:
    return ("run", "--leads", size, *more)


STEPS = {
    "sample": Step(_run("100k", *AGED)),
    "cold_start": Step(_run("100k", "--no-attribution"), fresh=True),
    "cached": Step(_run("100k", "--no-attribution"), repeat=3),
    "20k": Step(_run("20k", *AGED), ("",)),
    "attribution": Step(("attribute", "--leads", "20k"), ("Optimizations",), repeat=3),
    "attribution_1m": Step(("attribute", "--leads", "1M", "--proof-budget", "900"), ("Optimizations",)),
    "cold": Step(_run("20k", "--cold", "5", "--no-attribution"), ("Cold beside warm",)),
    "million": Step(_run("1M", "--no-attribution", *AGED), ("", "Fresh beside aged")),
    "three_million": Step(_run("3M", "--one-copy", "--no-attribution"), ("",)),
    "brutal": Step(_run("1M", "--skew", "brutal", "--no-attribution", "--no-aa", "--no-coverage"), ("",)),
    "scale": Step(
        ("scale", "--from", "10k", "--to", "1M", "--steps", "5"), ("When p95 crosses", "Ten times further", "Steps")
    ),
    "load": Step(("load", "--leads", "100k", "--clients", "1,4,16"), ("Clients",)),
    "rate": Step(("load", "--leads", "100k", "--clients", "16", "--find-rate", "--seconds", "20"), ("At a rate",)),
    "maintenance": Step(("maintain", "--leads", "20k", "--churn", "20%"), ("Procedures", "Cells that changed")),
    "traps": Step(("traps", "--leads", "20k"), ("Verdicts",)),
    "coverage": Step(("coverage", "--leads", "20k"), ("Not told apart",)),
    "advise": Step(("advise", "--leads", "100k"), ("", "Queries at a glance")),
    "traps_100k": Step(("traps", "--leads", "100k"), ("Verdicts",)),
    "traps_1m": Step(("traps", "--leads", "1M"), ("Verdicts",)),
}  # fmt: skip


def main() -> int:
    """Carry out the steps that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", nargs="*", metavar="STEP", default=[], help=", ".join(STEPS))
    parser.add_argument("--home", type=Path, help="where servers keep their data; pgproof's own by default")
    parser.add_argument("--result", type=Path, help="of one step: the folder of a result that is there already")
    parser.add_argument("--seconds", type=float, help="of that result: from the start to the end of the process")
    parser.add_argument("--load", type=float, help="of that result: the load average when it began")
    parser.add_argument("--list", action="store_true", help="print the steps and their commands")
    chosen = parser.parse_args()
    if unknown := set(chosen.steps) - set(STEPS):
        parser.error(f"no step is called {', '.join(sorted(unknown))}; there are {', '.join(STEPS)}")
    for name in chosen.steps or STEPS:
        if chosen.list:
            print(f"{name:12} pgproof {' '.join(STEPS[name].arguments)}")
        else:
            facts = _given(chosen, STEPS[name]) if chosen.result else _measured(name, STEPS[name], chosen.home)
            evidence.keep(f"crm_{name}", facts, f"pgproof {' '.join(STEPS[name].arguments)}")
            print(f"{name}: {facts['headline']}", flush=True)
    return 0


def _measured(name: str, step: Step, home: Path | None) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch).chmod(0o755)  # a home in it is used only where the server's account can pass through
        results = Path(scratch) / "results"
        place = Path(scratch) / "home" if step.fresh else home
        seconds = [_seconds(step, results, place) for _ in range(step.repeat)]
        newest = next(results.glob("latest*")).resolve()
        if name == "sample":
            shutil.rmtree(ROOT / "reports" / "sample")
            shutil.copytree(newest, ROOT / "reports" / "sample")
        return _seen(newest, step) | {"seconds": evidence.middle(seconds, 1)}


def _given(chosen: argparse.Namespace, step: Step) -> dict[str, Any]:
    """Of a result that is there already, with where and when it was made in place of where and when this is run."""
    stored = _stored(chosen.result)
    made = _stored(chosen.result / stored["steps"][-1]["folder"]) if "steps" in stored else stored
    where = {"machine": made["machine"], "date": stored["started_at"][:10], "load_before": chosen.load}
    seconds = {"seconds": evidence.middle([chosen.seconds], 1)} if chosen.seconds else {}
    return where | _seen(chosen.result, step) | seconds


def _stored(result: Path) -> dict[str, Any]:
    (record,) = (file for file in result.glob("*.json") if file.name != ENTRY.file)
    found: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
    return found


def _seen(result: Path, step: Step) -> dict[str, Any]:
    """What is kept of a result: its phases, and what its Markdown shows of it."""
    page = next(iter(sorted(result.glob("*.md")))).read_text(encoding="utf-8")
    stored = _stored(result)
    phases = {_key(name): round(took, 1) for name, took in stored.get("phases_s", {}).items()}
    return {"of": stored["started_at"][:10], "phases_s": phases, **_shown(page, step.sections)}


def _seconds(step: Step, results: Path, home: Path | None) -> float:
    where = ["--home", str(home)] if home else []
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "bench", *step.arguments, "--quiet", "--output", str(results), *where],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        said = (done.stderr + done.stdout).strip()[-2000:]
        sys.exit(f"pgproof {' '.join(step.arguments)} ended with {done.returncode}: {said}")
    return time.monotonic() - begin


def _shown(page: str, sections: tuple[str, ...]) -> dict[str, Any]:
    """Headline, first sentences, and the tables by titles in lower case, with _ for what is no letter.

    The further tables of a section go by the name of their first column; its ``verdicts`` are the paragraphs that begin
    with a sign, its ``points`` those that begin with a dash.
    """
    body = re.sub(r"<!--.*?-->\n?", "", page)
    headline, _, rest = body.partition("\n")
    parts = re.split(r"^### ", f"### \n{rest}", flags=re.MULTILINE)[1:]
    tables, verdicts, points = {}, {}, {}
    for wanted in sections:
        section = next(part for part in parts if part.startswith(wanted or "\n"))
        first, *more = re.findall(r"(?:^\|.*\n?)+", section, flags=re.MULTILINE)
        tables[_key(wanted) or "queries"] = first.rstrip()
        tables |= {_key(table.split("|")[1]): table.rstrip() for table in more}
        verdicts[_key(wanted) or "queries"] = re.findall(rf"^(?:{SIGNS}) (.*)$", section, flags=re.MULTILINE)
        if wanted:
            points[_key(wanted)] = re.findall(r"^- (.*)$", section, flags=re.MULTILINE)
    lines = parts[0].splitlines()
    return {
        "headline": re.sub(r"^## (\W+ )?", "", headline), "tables": tables,
        "verdicts": {section: found for section, found in verdicts.items() if found},
        "points": {section: found for section, found in points.items() if found},
        "said": [line.removeprefix("- ") for line in lines if line.startswith("- ")],
        "about": [line for line in lines if line[:1].isalnum()],
    }  # fmt: skip


def _key(title: str) -> str:
    return re.sub(r"\W+", "_", title.lower()).strip("_")


if __name__ == "__main__":
    sys.exit(main())
