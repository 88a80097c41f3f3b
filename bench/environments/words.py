"""What a reader sees of databases held against the files: lines of plain text, and the same as values for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from typing import Any

from bench.environments.differences import Difference
from bench.environments.judge import NOT_THERE, UNSEEN, Judgement, Shipped, aside, shown
from bench.model.definition import INVALID, Fact, Key
from bench.report.text import clean, one_line

KINDS = {"missing": "in the files, not {there}", "extra": "{there}, not in the files", "different": "otherwise {there}"}
"""The kinds of differences in the order in which they are shown, and what each means."""
WHOLE = ("definition", "type", "body")
"""Facts that are shown of an object that one side lacks; the others follow from looking at it."""
STATES = (*NOT_THERE, UNSEEN, "shipped")


def sentences(judged: Judgement, name: str, *, others: bool = False) -> Iterator[str]:
    """One environment: what differs object by object, then the optimizations, then what was left out."""
    where = judged.environment
    yield f"{one_line(where.label)} (PostgreSQL {where.version}), held against the files of {one_line(name)}"
    yield from lines_of(judged.differences)
    for note in judged.notes:
        yield f"  note: {one_line(note)}"
    yield from _optimizations(judged.blocks)
    yield from _left_out(judged.others, others)
    if judged.settings:
        said = ", ".join(f"{key} {has} ({ours})" for key, (has, ours) in judged.settings.items())
        yield f"  settings that shape plans, and in brackets those that pgproof measures under: {one_line(said)}"
    yield f"  {outcome(judged)}"


def outcome(judged: Judgement) -> str:
    """The result in a line."""
    counts = Counter[str](one.kind for one in judged.differences)
    parts = [f"{counts[kind]} {kind}" for kind in KINDS if counts[kind]]
    if behind := sum(one.state in NOT_THERE for one in judged.blocks):
        parts.append(f"{behind} of {len(judged.blocks)} optimizations not as in the files")
    return f"drift: {', '.join(parts)}" if parts else "as the files say"


def lines_of(found: Sequence[Difference], there: str = "there") -> Iterator[str]:
    """Differences by kind; ``there`` says what the other side is."""
    for kind, meaning in KINDS.items():
        ours = [one for one in found if one.kind == kind]
        if ours:
            yield f"  {kind} ({meaning.format(there=there)})"
        for one in ours:
            yield from _difference(one, there)


def _difference(one: Difference, there: str) -> Iterator[str]:
    side = one.wanted or one.there
    assert side is not None
    inside = Counter(key.kind for key in one.inside)
    with_ = ", ".join(f"{number} {_plural(kind, number)}" for kind, number in inside.items())
    if one.kind != "different":
        said = [f"{one_line(shown(side.facts[name]), 160)}" for name in WHOLE if name in side.facts]
        if side.facts.get(INVALID):
            said.append("invalid")
        whole = f"{one_line(str(one.key))}{f' with {with_}' if with_ else ''}"
        yield f"    {whole}{': ' if said else ''}{'; '.join(said)}"
        return
    yield f"    {one_line(str(one.key))}"
    for name, (wanted, has) in one.facts.items():
        yield from _fact(name, wanted, has, there)


def _fact(name: str, wanted: Fact | None, has: Fact | None, where: str) -> Iterator[str]:
    if any(isinstance(value, str) and "\n" in value.strip() for value in (wanted, has)):
        yield f"      {name}: - in the files, + {where}"
        files, there = (clean(str("" if value is None else value)).splitlines() for value in (wanted, has))
        for line in list(unified_diff(files, there, n=1, lineterm=""))[2:]:
            yield f"        {line}"
        return
    if isinstance(wanted, tuple) and isinstance(has, tuple) and sorted(wanted) != sorted(has):
        sides = ((f"only {where}", has, wanted), ("only in the files", wanted, has))
        found = [(only, [value for value in one if value not in other]) for only, one, other in sides]
        yield f"      {name}: {'; '.join(f'{one_line(shown(tuple(one)))} {only}' for only, one in found if one)}"
        return
    first, *more = aside(f"{name}:", wanted, has, where)
    yield f"      {one_line(first)}"
    yield from (f"        {one_line(line)}" for line in more)


def _optimizations(blocks: Sequence[Shipped]) -> Iterator[str]:
    if not blocks:
        return
    counts = Counter(one.state for one in blocks)
    yield f"  optimizations: {', '.join(f'{counts[state]} {state}' for state in reversed(STATES) if counts[state])}"
    for state in STATES[:-1]:
        for one in blocks:
            if one.state == state:
                why = [one.unseen] if state == UNSEEN else one.said
                yield f"    {state:<14}  {one.name} ({one.category}): {one_line(why[0])}"
                yield from (f"    {'':<14}  {'':>{len(one.name)}}  {one_line(line)}" for line in why[1:])
    for one in blocks:
        if one.unseen and one.state == "shipped":
            yield f"    {'shipped':<14}  {one.name} ({one.category}), as far as the catalog shows; not {one.unseen}"


def _left_out(others: Sequence[Key], named: bool) -> Iterator[str]:
    if not others:
        return
    counts = Counter(key.kind for key in others)
    number = ", ".join(f"{number} {_plural(kind, number)}" for kind, number in counts.items())
    yield f"  none of the files' business: {number}{'' if named else ' (--others names them)'}"
    if named:
        yield from (f"    {one_line(str(key))}" for key in others)


def _plural(kind: str, number: int) -> str:
    if number == 1 or kind == "statistics":
        return kind
    return f"{kind[:-1]}ies" if kind == "policy" else f"{kind}es" if kind == "index" else f"{kind}s"


# ------------------------------------------------------------------------------------------------------ side by side
def table(judged: Sequence[Judgement]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and rows of the environments side by side: whatever is not the same as in the files in one of them."""
    objects = dict.fromkeys(one.key for each in judged for one in each.differences)
    rows = [
        (one_line(str(key)), *(_cell(each, key) for each in judged)) for key in objects
    ]  # fmt: skip
    for place, block in enumerate(judged[0].blocks):
        states = [each.blocks[place].state for each in judged]
        if set(states) & set(NOT_THERE):
            rows.append((f"optimization {block.name}", *states))
    names = dict.fromkeys(name for each in judged for name in each.environment.settings)
    for name in names:
        values = [each.environment.settings.get(name, "–") for each in judged]
        if len(set(values)) > 1:
            rows.append((f"setting {name}", *map(one_line, values)))
    return ("", *(one_line(each.environment.label) for each in judged)), rows


def _cell(judged: Judgement, key: Key) -> str:
    return next((one.kind for one in judged.differences if one.key == key), "as the files")


# ------------------------------------------------------------------------------------------------------ for programs
def values(judged: Judgement, *, others: bool = False) -> dict[str, Any]:
    """One environment for a program; names of what is none of the files' business only where they are asked for."""
    where = judged.environment
    made: dict[str, Any] = {
        "environment": where.label,
        "postgresql": where.version,
        "drift": judged.drifted,
        "differences": [
            {
                "object": str(one.key),
                "kind": one.kind,
                **({"facts": {name: {"files": wanted, "there": has} for name, (wanted, has) in one.facts.items()}}),
                **({"with": [str(key) for key in one.inside]} if one.inside else {}),
            }
            for one in judged.differences
        ],
        "optimizations": {
            one.name: {
                "state": one.state, "category": one.category,
                **({"said": list(one.said)} if one.said else {}), **({"unseen": one.unseen} if one.unseen else {}),
            }
            for one in judged.blocks
        },
        "settings": {name: {"there": has, "measured": ours} for name, (has, ours) in judged.settings.items()},
        "others": dict(Counter(key.kind for key in judged.others)),
    }  # fmt: skip
    return made | ({"others_named": [str(key) for key in judged.others]} if others else {})
