"""Would a test notice? Small mistakes are put into the modules that decide, one at a time, and their tests are run.

    pip install cosmic-ray
    python benchmarks/mutants.py [--mutants 300] [--seed 1] [--only statistics] [--write]

A mistake is another comparison, operator or constant, or a condition turned round (operators of cosmic-ray). They are
drawn evenly from all that are possible in a part's modules; annotations and decorators, which decide nothing, are left
out. Each is written into a copy of the repository, and the tests of that part are run there, on two processors at a
time. A mistake is found where a test fails or runs out of time. Survivors are printed with their line; those in
EQUIVALENT make no difference that could be seen, for the reason given. With --write the table goes into docs/method.md
and the figures into docs/evidence/mutants.json.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from cosmic_ray.commands.init import _all_work_items
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

from bench.machine import facts

ROOT = Path(__file__).resolve().parents[1]
EVIDENCE = ROOT / "docs" / "evidence" / "mutants.json"
PAGE = ROOT / "docs" / "method.md"
BEGIN, END = "<!-- begin: benchmarks/mutants.py -->", "<!-- end: benchmarks/mutants.py -->"

EXPERIMENTS, TESTS = "bench/experiments", "tests/experiments"
PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "statistics and verdicts": (
        ("bench/statistics/*.py", "bench/cells/cell.py", "bench/cells/tally.py", "bench/cells/work.py"),
        ("tests/statistics", f"{TESTS}/before_after/test_summary.py", f"{TESTS}/before_after/test_by_binding.py"),
    ),
    "plans matched": (("bench/plans/*.py",), ("tests/plans",)),
    "the gate": (
        (f"{EXPERIMENTS}/gate/decide.py", f"{EXPERIMENTS}/gate/cause.py"),
        (f"{TESTS}/gate/test_decide.py", f"{TESTS}/gate/test_document.py"),
    ),
    "growth": (
        tuple(
            f"{EXPERIMENTS}/scale/{name}.py" for name in ("check", "crossing", "curves", "fit", "forecast", "shapes")
        ),
        tuple(f"{TESTS}/scale/test_{name}.py" for name in ("check", "crossing", "curves", "forecast", "shapes")),
    ),
    "smallest set": (
        tuple(f"{EXPERIMENTS}/attribution/{name}.py" for name in ("smallest_set", "subsets", "shapley", "verdicts")),
        tuple(f"{TESTS}/attribution/test_{name}.py" for name in ("summary", "shapley", "verdicts", "evidence")),
    ),
    "comparability": (
        tuple(f"{EXPERIMENTS}/compare/{name}.py" for name in ("comparability", "cells", "drift", "optimizations")),
        tuple(f"{TESTS}/compare/test_{one}.py" for one in ("comparability", "document", "run")),
    ),
}
"""The modules that decide, and the tests of that part: patterns below the repository."""

OPERATORS = ("ReplaceComparisonOperator", "ReplaceBinaryOperator", "ReplaceUnaryOperator", "NumberReplacer", "AddNot",
             "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd")  # fmt: skip
TIMEOUT_S = 300.0

EQUIVALENT: dict[str, str] = {
    "bench/statistics/copies.py: "
    "reach = _reach(found.value, found.low) if away > 0 else _reach(found.high, found.value) -> "
    "reach = _reach(found.value, found.low) if away >= 0 else _reach(found.high, found.value)":
        "a ratio of 1 lacks no reach, whichever side is asked",
    "bench/experiments/scale/crossing.py: if 0 < low < target_ms < high and not other.p95_censored:"
    " -> if 0 != low < target_ms < high and not other.p95_censored:":
        "a time is not negative",
    "bench/experiments/scale/check.py: "
    "found.append(Prediction(predicted, figure(last) or 0.0, len(one), changed(measurements[-2], last))) -> "
    "found.append(Prediction(predicted, figure(last) or 0.0, len(one), changed(measurements[~2], last)))":
        "there is a prediction only where the two steps before the last have one plan",
    "bench/plans/match.py: return 0 -> return -1":
        "a pair that lessens the sum is in no best sum",
}  # fmt: skip
"""Module, the line as it was and as it became: why no test can tell them apart."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mistake in one place."""

    part: str
    module: str
    operator: str
    occurrence: int
    line: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A mistake and whether a test found it."""

    mutant: Mutant
    found: bool
    was: str
    became: str

    @property
    def key(self) -> str:
        """What EQUIVALENT names it by."""
        return f"{self.mutant.module}: {self.was} -> {self.became}"


def modules(part: str) -> list[Path]:
    """The modules of a part."""
    return sorted(file for pattern in PARTS[part][0] for file in ROOT.glob(pattern) if file.stem != "__init__")


def possible(part: str) -> Iterator[Mutant]:
    """Every mistake of our kinds that can be made in the modules of a part."""
    for item in _all_work_items(modules(part), {}):
        for spec in item.mutations:
            module, of_ours = Path(spec.module_path), spec.operator_name.split("/")[-1].startswith(OPERATORS)
            if of_ours and not undecided(module, spec.start_pos):
                where = module.relative_to(ROOT).as_posix()
                yield Mutant(part, where, spec.operator_name, spec.occurrence, spec.start_pos[0])


def undecided(module: Path, at: tuple[int, int]) -> bool:
    """Whether the place is in an annotation or a decorator."""
    return any(first <= at <= last for first, last in spans(module))


@cache
def spans(module: Path) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where annotations and decorators of a module begin and end, as (line, column)."""
    nodes: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.AnnAssign | ast.arg):
            nodes.append(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            nodes += [*node.decorator_list, node.returns]
        elif isinstance(node, ast.ClassDef):
            nodes += node.decorator_list
    return [((n.lineno, n.col_offset), (n.end_lineno or 0, n.end_col_offset or 0)) for n in nodes if n]


def copy_of_the_repository() -> Path:
    """A copy that may be changed."""
    folder = Path(tempfile.mkdtemp(prefix="pgproof-mutants-"))
    left_out = shutil.ignore_patterns(".git", ".venv", ".*_cache", "__pycache__", "reports", "__snapshots__")
    shutil.copytree(ROOT, folder / "pgproof", ignore=left_out)
    return folder / "pgproof"


def tried(mutant: Mutant, folder: Path) -> Seen | None:
    """Run the part's tests with the mistake in ``folder``; None where there is no such mistake to make."""
    file = folder / mutant.module
    code = file.read_text()
    mutated = mutate_code(code, get_operator(mutant.operator)(), mutant.occurrence)
    if mutated is None:
        return None
    was, became = next((a, b) for a, b in zip(code.splitlines(), mutated.splitlines(), strict=False) if a != b)
    file.write_text(mutated)
    try:
        found = not passes(folder, PARTS[mutant.part][1])
    finally:
        file.write_text(code)
    return Seen(mutant, found, was.strip(), became.strip())


def passes(folder: Path, tests: Sequence[str]) -> bool:
    """Whether the tests pass in ``folder``, in a process of their own that has the libraries already."""
    child = multiprocessing.get_context("fork").Process(target=_run, args=(folder, tests))
    child.start()
    child.join(TIMEOUT_S)
    if child.is_alive():
        child.kill()
        child.join()
        return False
    return child.exitcode == 0


def _run(folder: Path, tests: Sequence[str]) -> None:
    os.chdir(folder)
    sys.path[:] = [str(folder), *(path for path in sys.path if Path(path or ".").resolve() != ROOT)]
    for name in [name for name in sys.modules if name.split(".")[0] in ("bench", "tests")]:
        del sys.modules[name]
    sys.dont_write_bytecode = True
    import pytest

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not alone", *tests])
    os._exit(int(code))


def worker(todo: multiprocessing.Queue[Mutant | None], done: multiprocessing.Queue[Seen | None]) -> None:
    """Try mistakes until there are no more."""
    import numpy  # noqa: F401 - so that no child has to
    import pyarrow  # noqa: F401
    import pytest  # noqa: F401

    folder = copy_of_the_repository()
    try:
        while (mutant := todo.get()) is not None:
            done.put(tried(mutant, folder))
    finally:
        shutil.rmtree(folder.parent)


def chosen(parts: Sequence[str], mutants: int, seed: int) -> list[Mutant]:
    """``mutants`` of all possible ones, drawn without repetition, in a random order."""
    everything = [one for part in parts for one in possible(part)]
    return random.Random(seed).sample(everything, min(mutants, len(everything)))


def try_all(mutants: Sequence[Mutant], processes: int) -> list[Seen]:
    """Try each, and say how far it is."""
    context = multiprocessing.get_context("fork")
    todo, done = context.Queue(), context.Queue()
    for one in [*mutants, *[None] * processes]:
        todo.put(one)
    workers = [context.Process(target=worker, args=(todo, done)) for _ in range(processes)]
    for one in workers:
        one.start()
    seen = []
    for number in range(len(mutants)):
        if one := done.get():
            seen.append(one)
            if not one.found and one.key not in EQUIVALENT:
                print(f"survives: {one.mutant.module}:{one.mutant.line} {one.was}  ->  {one.became}", flush=True)
        if number % 20 == 19:
            print(f"{number + 1} of {len(mutants)}", flush=True)
    for process in workers:
        process.join()
    return seen


def table(seen: Sequence[Seen], parts: Sequence[str]) -> str:
    """The table of docs/method.md."""
    rows = ["| part | mistakes | found | no difference | survive |", "|---|---|---|---|---|"]
    for name in [*parts, "in all"]:
        own = [one for one in seen if name in (one.mutant.part, "in all")]
        found, same = sum(one.found for one in own), sum(not one.found and one.key in EQUIVALENT for one in own)
        share = f", {100 * found / max(1, len(own) - same):.0f} %" if own else ""
        rows.append(f"| {name} | {len(own)} | {found}{share} | {same} | {len(own) - found - same} |")
    return "\n".join(rows)


def main() -> None:
    """Try, print, and with --write keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", choices=list(PARTS), action="append")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    parts, begun = asked.only or list(PARTS), time.monotonic()
    seen = try_all(chosen(parts, asked.mutants, asked.seed), asked.processes)
    print(made := table(seen, parts))
    if asked.write:
        about = {"machine": asdict(facts()), "date": time.strftime("%Y-%m-%d"), "seed": asked.seed}
        survivors = [{"at": f"{one.mutant.module}:{one.mutant.line}", "was": one.was, "became": one.became}
                     for one in seen if not one.found]  # fmt: skip
        EVIDENCE.write_text(json.dumps(about | {"tried": len(seen), "survivors": survivors}, indent=1) + "\n")
        text = PAGE.read_text()
        head, tail = text.split(BEGIN)[0], text.split(END)[1]
        PAGE.write_text(f"{head}{BEGIN}\n{made}\n{END}{tail}")
    print(f"{time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
