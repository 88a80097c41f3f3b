"""Candidates as blocks of optimizations.sql, and back: one change each, with category, reason and undo. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from textwrap import wrap

from bench.model import Optimization, Statement
from bench.model.advice import Candidate
from bench.report.text import one_line
from bench.syntax.expressions import quoted

FILE = "advised.sql"
WIDTH = 110
"""Characters of a line of prose."""
_NO_WORD = re.compile(r"\W+")


def block_of(candidate: Candidate, name: str, queries: Collection[str]) -> Optimization:
    """The candidate as a block called ``name``; of what it was made for those are named that the workload has."""
    return Optimization(
        name=name,
        category=category(candidate),
        why=one_line(candidate.reason),
        serves=tuple(one for one in candidate.queries if one in queries),
        statements=(*(Statement(_extension(one), 1) for one in candidate.extensions), Statement(candidate.ddl, 1)),
        undo=(candidate.undo,) if candidate.undo else (),
        file=FILE,
        line=1,
    )


def _extension(name: str) -> str:
    return f"CREATE EXTENSION IF NOT EXISTS {quoted(name)} WITH SCHEMA public"


def blocks_of(candidates: Sequence[Candidate], queries: Collection[str]) -> dict[str, Optimization]:
    """Candidate to its block, in the order given; what is no name for a block becomes one."""
    found: dict[str, Optimization] = {}
    taken: set[str] = set()
    for one in candidates:
        name = plain = _plain(one.name if one.kind != "drop" else f"drop_{one.name}")
        number = 1
        while name in taken:
            name, number = f"{plain}_{number + 1}", number + 1
        taken.add(name)
        found[one.name] = block_of(one, name, queries)
    return found


def category(candidate: Candidate) -> str:
    """What kind of optimization it is, in words of optimizations.sql."""
    index = candidate.index
    if candidate.kind == "statistics":
        return "statistics"
    if candidate.kind == "drop" or index is None:
        return "index"
    if index.method in ("gin", "gist"):
        return "gin"
    if index.method == "brin":
        return "time-series"
    if index.predicate:
        return "partial"
    if index.include:
        return "covering"
    return "composite" if len(index.keys) > 1 else "index"


def text_of(blocks: Sequence[Optimization], head: Sequence[str], figures: Mapping[str, str]) -> str:
    """The file: a comment, then the blocks with what was measured of each as a comment of its own."""
    lines = [f"-- {line}".rstrip() for line in head]
    for block in blocks:
        lines += ["", f"-- optimization: {block.name}", f"-- category: {block.category}"]
        if why := " ".join(part for part in (block.why, figures.get(block.name, "")) if part):
            first, *more = wrap(one_line(why), WIDTH)
            lines += [f"-- why: {first}", *(f"--   {line}" for line in more)]
        if block.serves:
            lines.append(f"-- serves: {', '.join(block.serves)}")
        lines += [f"-- undo: {one_line(text)};" for text in block.undo]
        lines += [f"{statement.sql.strip().rstrip(';')};" for statement in block.statements]
    return "\n".join(lines) + "\n"


def _plain(name: str) -> str:
    plain = _NO_WORD.sub("_", name)
    return plain if plain[:1].isalpha() or plain[:1] == "_" else f"_{plain}"
