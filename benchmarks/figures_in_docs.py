"""Write the figures of README.md and docs/ from committed evidence: python benchmarks/figures_in_docs.py [--check].

A figure stands between two comments, which Markdown does not show. In a line:

    <!--=sample.queries-->16<!--/-->

and as lines of their own, for tables:

    <!--=gate.rules-->
    ...
    <!--/-->

The name before the dot is the evidence: ``sample`` is reports/sample/run.json, ``weights`` what its plans cost,
``gate`` the logs in docs/gate/, ``asked`` what was asked for in asked.toml; any other is docs/evidence/NAME.json,
written by the script under benchmarks/ that measured it, with machine and date. There the rest is the way to a value
(``from`` is command, date and machine in words), and a format may follow: ``<!--=load_rate.over_1.median:.0%-->``,
``:5 rows`` of a table. With --check nothing is written, and the exit code is 1 where a text differs from its evidence,
or where a measured figure stands outside of marks (unmarked_figures.py); ``make lint`` does that.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import asked
import counter_weights
import gate_worth
from unmarked_figures import allowed, unmarked

from bench import storage
from bench.experiments.before_after.document import EXPERIMENT
from bench.report import numbers

ROOT = Path(__file__).parents[1]
MARK = re.compile(r"<!--=(?P<name>[\w.]+)(?::(?P<format>[^>]*?))?-->(?P<text>.*?)<!--/-->", re.DOTALL)
BEGIN = "<!--="

Made = Mapping[str, Callable[[], str]]


def main() -> int:
    """Write the figures, or say where they differ."""
    parser = argparse.ArgumentParser(description="Write the figures of README.md and docs/ from committed evidence.")
    parser.add_argument("--check", action="store_true", help="only say where a text differs from its evidence")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository")
    chosen = parser.parse_args()
    wrong, listed = [], allowed(chosen.root)
    for page in pages(chosen.root):
        before = page.read_text(encoding="utf-8")
        try:
            after, differences = filled_in(before, chosen.root)
        except (KeyError, ValueError, OSError) as error:
            wrong.append(f"{page.relative_to(chosen.root)}: {error}")
            continue
        if chosen.check:
            name = str(page.relative_to(chosen.root))
            wrong += [f"{name}:{line}: {said}" for line, said in [*differences, *unmarked(name, before, listed)]]
        if after != before and not chosen.check:
            page.write_text(after, encoding="utf-8")
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


def pages(root: Path) -> list[Path]:
    """The documents whose figures come from evidence."""
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]


def filled_in(text: str, root: Path) -> tuple[str, list[tuple[int, str]]]:
    """The text with its figures as the evidence has them, and line and words for each that was another.

    Raises:
        KeyError: there is no such figure.
        ValueError: a mark is never closed.
    """
    differences: list[tuple[int, str]] = []
    found = list(MARK.finditer(text))
    if text.count(BEGIN) != len(found):
        raise ValueError(f"{text.count(BEGIN)} marks are opened and {len(found)} closed by <!--/-->")

    def put(match: re.Match[str]) -> str:
        figure = figure_of(root, match["name"], match["format"] or "")
        wanted = f"\n{figure}\n" if "\n" in figure else figure
        if wanted != match["text"]:
            line = text.count("\n", 0, match.start()) + 1
            words = "the table differs" if "\n" in figure else f"says {match['text']!r}, the evidence {figure!r}"
            differences.append((line, f"{match['name']} {words}: python benchmarks/figures_in_docs.py"))
        return text[match.start() : match.start("text")] + wanted + "<!--/-->"

    return MARK.sub(put, text), differences


def figure_of(root: Path, name: str, form: str) -> str:
    """One figure as text."""
    evidence, _, rest = name.partition(".")
    if evidence in MADE:
        made = MADE[evidence](root)
        if rest not in made:
            raise KeyError(f"no figure {name}; there are {', '.join(sorted(made))}")
        return made[rest]()
    value = _value(root, name)
    if isinstance(value, list):
        return "\n".join(f"* {line}" for line in value)
    if form.endswith(" rows"):
        return "\n".join(str(value).splitlines()[: 2 + int(form.removesuffix(" rows"))])
    return format(value, form).replace("%", " %") if form else str(value)


def _value(root: Path, name: str) -> Any:  # noqa: ANN401 - JSON
    """What the evidence has under ``name``; a line of a list by its number, or by words that are in it."""
    evidence, *parts = name.split(".")
    value: Any = _stored(root / "docs" / "evidence" / f"{evidence}.json")
    if parts == ["from"]:
        return _origin(value)
    for part in parts:
        if isinstance(value, list):
            value = value[int(part)] if part.isdigit() else next(line for line in value if part in line)
        else:
            value = value[part]
    return value


@cache
def _stored(file: Path) -> Any:  # noqa: ANN401 - JSON
    document = json.loads(file.read_text(encoding="utf-8"))
    if not {"machine", "date"} <= set(document):
        raise ValueError(f"{file.name} names no machine or no date")
    return document


def _origin(stored: Mapping[str, Any]) -> str:
    """Where evidence comes from, in words."""
    machine = stored["machine"]
    said = (
        f"`{stored['command']}`, {stored['date']}, {machine['cores']} cores of an {machine['cpu']}, "
        f"{machine['memory_bytes'] / 2**30:.0f} GiB"
    )
    said += f", load {stored['load_before']} when it began" if stored.get("load_before") is not None else ""
    return said + (", written down by hand then" if "recorded" in stored else "")


@cache
def _gate(root: Path) -> Made:
    folder = root / "docs" / "gate"
    return gate_worth.figures(folder)


IN_ATTRIBUTION = (
    "communications_due_idx",
    "communications_meta_gin",
    "leads_search_pairs",
    "leads_status_statistics",
)
"""The rows of the report's table of optimizations that docs/attribution.md shows: one of each word."""


@cache
def _sample(root: Path) -> Made:
    run = storage.load(storage.RUN, root / "reports" / "sample" / storage.RUN.file)
    summary, machine = EXPERIMENT.summarize(run), run.machine
    attributed = summary.attribution
    smallest = run.attribution.smallest if run.attribution else None
    page = root / "reports" / "sample" / "report.html"
    phases, sides = run.phases_s, run.attribution.phases_s if run.attribution else {}
    all_of_them = f"{len(attributed.rows) if attributed else 0} optimizations"
    return {
        "date": lambda: run.started_at[:10],
        "machine": lambda: f"{machine.cores} cores of an {machine.cpu}, {machine.memory_bytes / 2**30:.0f} GiB",
        "server": lambda: f"PostgreSQL {run.server.version}",
        "leads": lambda: f"{run.dataset.scale:,} {run.dataset.unit}",
        "rows": lambda: f"{sum(table.rows for table in run.dataset.tables) / 1e6:.1f} million rows",
        "queries": lambda: f"{len(summary.queries)}",
        "pairs": lambda: f"{summary.pairs_total}",
        "sentence": lambda: summary.sentence,
        "optimizations": lambda: all_of_them,
        "disk": lambda: numbers.size(sum(found.size_bytes or 0 for found in summary.optimizations)),
        "smallest": lambda: (
            f"{len(smallest.kept)} of the {all_of_them} keep all {len(summary.queries)} queries under the target"
            if smallest and not smallest.note
            else f"which of the {all_of_them} are enough for the target could not be told"
        ),
        "page_mb": lambda: f"{page.stat().st_size / 1e6:.2f}",
        "seconds": lambda: f"{sum(phases.values()):.0f} s",
        "attribution_seconds": lambda: f"{phases.get('attribution', 0):.0f} s",
        "sides": lambda: ", ".join(f"{name} {seconds:.0f} s" for name, seconds in sides.items()),
        "earned": lambda: "\n".join(_rows_of(EXPERIMENT.markdown(run), IN_ATTRIBUTION)),
    }


def _rows_of(markdown: str, names: tuple[str, ...]) -> Iterator[str]:
    """The table that begins with a column Optimization, cut down to the rows of these names."""
    lines = markdown.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("| Optimization |"))
    yield from lines[begin : begin + 2]
    for line in lines[begin + 2 :]:
        if not line.startswith("|"):
            return
        if any(line.startswith(f"| {name} |") for name in names):
            yield line


@cache
def _weights(root: Path) -> Made:
    return counter_weights.figures(storage.load(storage.RUN, root / "reports" / "sample" / storage.RUN.file))


@cache
def _asked(root: Path) -> Made:
    return {"table": lambda: asked.table(root / "benchmarks" / "asked.toml", lambda name: _found(root, name))}


def _found(root: Path, name: str) -> Any:  # noqa: ANN401 - JSON
    """A value of the evidence, or a text that is made of it."""
    evidence = name.partition(".")[0]
    return figure_of(root, name, "") if evidence in MADE else _value(root, name)


MADE: Mapping[str, Callable[[Path], Made]] = {"asked": _asked, "gate": _gate, "sample": _sample, "weights": _weights}


if __name__ == "__main__":
    sys.exit(main())
