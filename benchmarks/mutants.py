"""Would a test notice? Small mistakes are put into the modules that decide, one at a time, and their tests are run.

    pip install -e ".[dev,mutation]"
    python benchmarks/mutants.py [--mutants 300] [--seed 1] [--only growth] [--write]

A mistake is another comparison, operator or constant, or a condition turned round (operators of cosmic-ray). They are
drawn evenly from all that are possible in a part's modules; annotations and decorators, which decide nothing, are left
out, and so is what would be no Python. No file is changed: each process collects the tests once and tries each mistake
in a fork of itself, where the function gets the code with it. Who survives that is tried once more with all of pgproof
imported anew, because some things are computed while tests are collected. The tests of the part are run, those of the
module first; those that ask for a server or simulate for long are not. A mistake is found where a test fails or takes
far too long. Survivors are printed with their line; those in EQUIVALENT make no difference that could be seen, for the
reason given. With --write it is kept in docs/evidence/mutants.json, from where figures_in_docs.py puts the table into
docs/method.md.
"""

from __future__ import annotations

import argparse
import ast
import gc
import importlib.util
import json
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec, SourceFileLoader
from itertools import islice
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from evidence import keep
from parso.tree import NodeOrLeaf

import bench

ROOT = Path(__file__).resolve().parents[1]
EXPERIMENTS, TESTS = "bench/experiments", "tests/experiments"
PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "statistics and verdicts": (
        ("bench/statistics/*.py", "bench/cells/cell.py", "bench/cells/tally.py", "bench/cells/work.py"),
        tuple(f"tests/statistics/test_{name}.py" for name in ("copies", "dependence", "looks", "quantiles", "verdicts"))
        + tuple(f"tests/cells/test_{name}.py" for name in ("cell", "tally", "work")),
    ),
    "plans matched": (
        ("bench/plans/*.py",),
        tuple(
            f"tests/plans/test_{name}.py"
            for name in ("align", "estimates", "exclusive", "match", "plans", "reading", "written")
        ),
    ),
    "the gate": (
        (f"{EXPERIMENTS}/gate/decide.py", f"{EXPERIMENTS}/gate/cause.py"),
        (f"{TESTS}/gate/test_decide.py", f"{TESTS}/gate/test_cause.py", f"{TESTS}/gate/test_reasons.py"),
    ),
    "growth": (
        tuple(
            f"{EXPERIMENTS}/scale/{name}.py" for name in ("check", "crossing", "curves", "fit", "forecast", "shapes")
        ),
        tuple(
            f"{TESTS}/scale/test_{name}.py"
            for name in ("check", "crossing", "fit", "forecast", "forecast_of_runs", "series", "shapes")
        ),
    ),
    "smallest set": (
        ("bench/attribution/smallest_set.py", "bench/attribution/shapley.py", f"{EXPERIMENTS}/attribution/verdicts.py"),
        tuple(f"tests/attribution/test_{name}.py" for name in ("shapley", "smallest_set"))
        + tuple(f"{TESTS}/attribution/test_{name}.py" for name in ("verdicts", "words")),
    ),
    "comparability": (
        tuple(f"{EXPERIMENTS}/compare/{name}.py" for name in ("comparability", "cells", "drift", "optimizations")),
        tuple(f"{TESTS}/compare/test_{name}.py" for name in ("cells", "comparability", "drift")),
    ),
}
"""The modules that decide, and the tests of that part that need no server: patterns below the repository."""

OPERATORS = ("ReplaceComparisonOperator", "ReplaceBinaryOperator", "ReplaceUnaryOperator", "NumberReplacer", "AddNot",
             "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd")  # fmt: skip
SLOW = (
    "nineteen_times_in", "nineteen_of_twenty_noisy", "in_nineteen_of_twenty_series", "simulat", "hundred_pairs",
    "many_bindings", "200_pairs", "scatter_is_no", "take_after_each_other", "none_far_from_it", "its_bound_agree",
    "told_from_growth", "real_plan", "not_run_once_more",
)  # fmt: skip
"""Parts of the names of tests that take long, or a server."""
CPU_S, MEMORY_BYTES = 12, 8 * 2**30
"""What the tests of one mistake may take; they take a tenth of it without one."""
OPTIONS = ("-x", "-q", "--capture=no", "-p", "no:cacheprovider", "--noconftest", "--rootdir", str(ROOT),
           "-k", f"not ({' or '.join(SLOW)})")  # fmt: skip

EQUIVALENT: dict[tuple[str, str], str] = {
    ("bench/statistics/copies.py", "if away >= 0"): "a ratio of 1 lacks no reach, whichever side is asked",
    ("bench/statistics/quantiles.py", "1 % quantile"): "it is asked for quantiles above one half, where that is 1 - q",
    ("bench/statistics/verdicts.py", "n >= len(samples)"): "a look that decides is not later than the last execution",
    ("bench/plans/align.py", "after <= before"): "of equal counts nothing is said before",
    ("bench/plans/align.py", "child is not end_of"): "the walk over whole subtrees ends at that number exactly",
    ("bench/plans/match.py", "return -1"): "a pair that lessens the sum is in no best sum",
    ("bench/plans/match.py", "j ** 1"): "where no pair is taken, the best sum is that of one of the two ways on",
    ("bench/plans/match.py", "[], -1, 0"): "before the first node nothing is alike, and the walk steps on",
    ("bench/plans/parse.py", "document[ -1]"): "EXPLAIN gives a list of one",
    ("bench/experiments/scale/curves.py", "len(known) is len(rows)"): "small whole numbers are one object each",
    ("bench/experiments/scale/crossing.py", "0 != low < target_ms"): "a time is not negative",
    (
        "bench/experiments/scale/crossing.py",
        "or -1.0 for one in stretch",
    ): "a fit takes both for the least that it knows",
    ("bench/experiments/compare/drift.py", 'is "slower"'): "the word is always that literal, which is one object",
    (
        "bench/plans/match.py",
        "SAME_ROLE = 99,",
    ): "points are a scale of which the order counts: no two sums are so near",
    ("bench/experiments/scale/crossing.py", '>= "misses"'): "of the three words it is the last by the alphabet",
    (
        "bench/experiments/scale/check.py",
        "measurements[~2]",
    ): "a prediction needs two steps of one plan before the last",
}
"""Module, and what the line with the mistake has: why no test can tell it from the line without."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mistake in one place."""

    part: str
    module: str
    operator: str
    occurrence: int
    line: int

    def made(self) -> str | None:
        """The module with the mistake; None where that is no Python (``not found := ...``, ``def f(-, x)``)."""
        mutated = mutate_code((ROOT / self.module).read_text(), get_operator(self.operator)(), self.occurrence)
        try:
            ast.parse(mutated)
        except SyntaxError:
            return None
        return str(mutated)


@dataclass(frozen=True, slots=True)
class Seen:
    """A mistake, whether a test found it, and its line without and with it."""

    mutant: Mutant
    found: bool
    was: str
    became: str

    @property
    def reason(self) -> str:
        """Why it makes no difference; empty where it may make one."""
        return next(
            (why for (of, with_it), why in EQUIVALENT.items() if of == self.mutant.module and with_it in self.became),
            "",
        )


def modules(part: str) -> list[Path]:
    """The modules of a part."""
    return sorted(file for pattern in PARTS[part][0] for file in ROOT.glob(pattern) if file.stem != "__init__")


def possible(part: str) -> Iterator[Mutant]:
    """Every mistake of our kinds that can be made in the modules of a part."""
    ours = [name for name in operator_names() if name.split("/")[-1].startswith(OPERATORS)]
    for module in modules(part):
        nodes = [node for node in ast_nodes(get_ast_from_path(module)) if not _is_star(node)]
        for name in ours:
            operator = get_operator(name)()
            places = [start for node in nodes for start, _ in operator.mutation_positions(node)]
            for occurrence, start in enumerate(places):
                if not undecided(module, start):
                    yield Mutant(part, module.relative_to(ROOT).as_posix(), name, occurrence, start[0])


def _is_star(node: NodeOrLeaf) -> bool:
    """Whether it is the star of ``def f(a, *, b)``, which cosmic-ray takes for a product."""
    return node.parent is not None and node.parent.type == "parameters"


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


class Trials:
    """A plugin of pytest that does not run the collected tests once, but with each mistake of a queue."""

    def __init__(self, todo: multiprocessing.Queue[Mutant | None], done: multiprocessing.Queue[Seen | str]) -> None:
        self.todo, self.done = todo, done
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests as they are, then with each mistake."""
        self.seconds = timed(session.items)
        if not self.seconds:
            self.done.put("a test fails without any mistake: run the tests first")
            return True
        live = functions()
        while (mutant := self.todo.get()) is not None:
            try:
                self.done.put(tried(mutant, self.items_for(mutant, session.items), live))
            except Exception as error:
                self.done.put(f"{mutant}: {error!r}")
                raise
        return True

    def items_for(self, mutant: Mutant, items: Sequence[pytest.Item]) -> list[pytest.Item]:
        """The tests of its part: those of its module first, then the quick ones."""
        below = {str(ROOT / path) for path in PARTS[mutant.part][1]}
        own = f"test_{Path(mutant.module).stem}"
        return sorted(
            (one for one in items if str(one.path) in below),
            key=lambda one: (one.path.stem != own, self.seconds[one.nodeid]),
        )


def timed(items: Sequence[pytest.Item]) -> dict[str, float]:
    """Seconds of the processor that each test takes; empty where one fails."""
    with tempfile.NamedTemporaryFile("w+") as file:

        def run() -> bool:
            seconds, good = {}, True
            for item in items:
                begun = time.process_time()
                good = passes([item]) and good
                seconds[item.nodeid] = time.process_time() - begun
            Path(file.name).write_text(json.dumps(seconds))
            return good

        return json.loads(file.read()) if in_a_fork(run, 600) else {}


def in_a_fork(run: Callable[[], bool], cpu_s: int = CPU_S) -> bool:
    """Whether ``run`` is true in a process of its own, and soon."""
    if child := os.fork():
        return os.waitpid(child, 0)[1] == 0
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    good = False
    try:
        good = run()
    finally:
        os._exit(not good)


def passes(items: Sequence[pytest.Item]) -> bool:
    """Whether all of these tests pass; stops at the first that does not."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
            return False
    return True


Live = Mapping[tuple[str, str], Sequence[FunctionType]]


def functions() -> Live:
    """All functions that there are now, by file and qualified name."""
    found: dict[tuple[str, str], list[FunctionType]] = {}
    for one in gc.get_objects():
        if isinstance(one, FunctionType):
            found.setdefault((one.__code__.co_filename, one.__code__.co_qualname), []).append(one)
    return found


def tried(mutant: Mutant, items: Sequence[pytest.Item], live: Live) -> Seen:
    """Run the tests with the mistake."""
    file = ROOT / mutant.module
    code = file.read_text()
    mutated = mutant.made() or ""
    was, became = next((a, b) for a, b in zip(code.splitlines(), mutated.splitlines(), strict=False) if a != b)
    whole = compile(mutated, str(file), "exec", dont_inherit=True)
    moved = changed(compile(code, str(file), "exec", dont_inherit=True), whole)

    def run() -> bool:
        functions_of = [live.get((str(file), one.co_qualname), ()) for one in moved if "<" not in one.co_qualname]
        for one, those in zip(moved, functions_of, strict=False):
            for function in those:
                function.__code__ = one
        # What was computed while tests were collected is as it was: who survives is tried once more.
        return passes(items) and passes_anew(mutant.module, file, whole, [item.nodeid for item in items])

    return Seen(mutant, not in_a_fork(run), was.strip(), became.strip())


def changed(before: CodeType, after: CodeType) -> list[CodeType]:
    """The functions that hold what differs; the module or class where it stands outside of functions."""
    one, other = ([const for const in code.co_consts if isinstance(const, CodeType)] for code in (before, after))
    if not after.co_flags & 2:  # CO_NEWLOCALS: a function
        inner = [found for a, b in zip(one, other, strict=True) for found in changed(a, b)]
        return [after] if bare(before) != bare(after) else inner
    return [after] if before != after else []


def bare(code: CodeType) -> tuple[object, ...]:
    """A module or class without what is in its functions."""
    consts = tuple(repr(const) for const in code.co_consts if not isinstance(const, CodeType))
    return code.co_code, consts, code.co_names


def passes_anew(module: str, file: Path, code: CodeType, tests: Sequence[str]) -> bool:
    """Whether the tests pass where pgproof and they are imported anew, ``code`` for ``module``."""

    class Loader(SourceFileLoader):
        def get_code(self, fullname: str) -> CodeType:
            return code

    class Finder:
        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
            loader = Loader(name, str(file))
            return importlib.util.spec_from_file_location(name, file, loader=loader) if name == wanted else None

    wanted = module.removesuffix(".py").replace("/", ".")
    ours = tuple(f"{ROOT / folder}{os.sep}" for folder in ("bench", "tests", "benchmarks"))
    for name in [name for name, one in sys.modules.items() if str(getattr(one, "__file__", "")).startswith(ours)]:
        del sys.modules[name]
    sys.meta_path.insert(0, Finder())  # type: ignore[arg-type]
    sys.dont_write_bytecode = True
    return pytest.main([*OPTIONS, *tests]) == 0


def worker(parts: Sequence[str], todo: multiprocessing.Queue[Mutant | None], done: multiprocessing.Queue[Seen]) -> None:
    """Try mistakes until there are no more."""
    warnings.simplefilter("ignore", SyntaxWarning)  # 1 is 2
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.chdir(ROOT)
    pytest.main([*OPTIONS, *dict.fromkeys(test for part in parts for test in PARTS[part][1])], [Trials(todo, done)])


def chosen(parts: Sequence[str], mutants: int, seed: int) -> list[Mutant]:
    """``mutants`` of all possible ones, drawn without repetition, in a random order."""
    everything = [one for part in parts for one in possible(part)]
    random.Random(seed).shuffle(everything)
    return list(islice((one for one in everything if one.made()), mutants))


def try_all(mutants: Sequence[Mutant], processes: int) -> list[Seen]:
    """Try each, and say how far it is."""
    context = multiprocessing.get_context("fork")
    todo, done = context.Queue(), context.Queue()
    if Path(bench.__file__).parents[1] != ROOT:
        raise SystemExit(
            f"pgproof is imported from {Path(bench.__file__).parent}: PYTHONPATH={ROOT} python {sys.argv[0]}"
        )
    for one in [*mutants, *[None] * processes]:
        todo.put(one)
    parts = list(dict.fromkeys(one.part for one in mutants))
    workers = [context.Process(target=worker, args=(parts, todo, done)) for _ in range(processes)]
    for one in workers:
        one.start()
    seen = []
    for number in range(len(mutants)):
        one = done.get()
        if isinstance(one, str):
            raise SystemExit(one)
        seen.append(one)
        if not one.found and not one.reason:
            print(f"survives: {one.mutant.module}:{one.mutant.line} {one.was}  ->  {one.became}", flush=True)
        if number % 20 == 19:
            print(f"{number + 1} of {len(mutants)}", flush=True)
    for process in workers:
        process.join()
    return seen


def table(seen: Sequence[Seen], parts: Sequence[str]) -> str:
    """How many were found, by part."""
    rows = ["| part | mistakes | found | no difference | survive |", "|---|---|---|---|---|"]
    for name in [*parts, "in all"]:
        own = [one for one in seen if name in (one.mutant.part, "in all")]
        found, same = sum(one.found for one in own), sum(not one.found and bool(one.reason) for one in own)
        share = f", {100 * found / max(1, len(own) - same):.0f} %" if own else ""
        rows.append(f"| {name} | {len(own)} | {found}{share} | {same} | {len(own) - found - same} |")
    return "\n".join(rows)


def figures(seen: Sequence[Seen], parts: Sequence[str], seed: int) -> dict[str, Any]:
    """What is kept for the documents."""
    survivors = [
        {"at": f"{one.mutant.module}:{one.mutant.line}", "was": one.was, "became": one.became,
         "makes no difference": one.reason}
        for one in seen if not one.found
    ]  # fmt: skip
    return {"seed": seed, "tried": len(seen), "table": table(seen, parts), "survivors": survivors}


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
    print(table(seen, parts))
    if asked.write:
        keep("mutants", figures(seen, parts, asked.seed))
    print(f"{time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
