"""What an environment lacks, has otherwise or has beside the files, and which optimizations it has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from bench.environments.differences import Difference, differences, folded, same_index
from bench.environments.record import Build, Defined, Environment
from bench.model.definition import INVALID, DatabaseObject, Definition, Fact, Key

State = Literal["shipped", "missing", "different", "invalid", "being built", "cannot be seen"]
UNSEEN: State = "cannot be seen"
SHORT = 80
"""Characters of two values that are shown in a line."""
NOT_THERE: tuple[State, ...] = ("missing", "different", "invalid", "being built")
"""What is drift of an optimization; of one that cannot be seen nobody knows."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """An optimization in an environment."""

    name: str
    category: str
    state: State
    said: tuple[str, ...] = ()
    """What it is in that state for, a line each."""
    unseen: str = ""
    """What of it no catalog shows."""
    lacks: tuple[Key, ...] = ()
    """Its objects that are not there as the files have them."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """An environment against the files."""

    environment: Environment
    differences: tuple[Difference, ...]
    """Of the schema: what no optimization accounts for."""
    blocks: tuple[Shipped, ...]
    others: tuple[Key, ...]
    """What is there and none of the files' business."""
    settings: dict[str, tuple[str, str]]
    """What shapes plans otherwise than where pgproof measures: there, and here. No drift: each server has its own."""
    notes: tuple[str, ...] = ()

    @property
    def drifted(self) -> bool:
        """Whether it is not what the files say."""
        return bool(self.differences) or any(one.state in NOT_THERE for one in self.blocks)


def judge(defined: Defined, environment: Environment, ignored: Sequence[str] = ()) -> Judgement:
    """Hold an environment against the files; what a pattern of ``ignored`` matches is not looked at."""
    there = environment.objects
    items = [list(_items(block.differences)) for block in defined.blocks]
    last = {item.place: number for number, block in enumerate(items) for item in block}
    owned = {place for place in last if place[1]}
    blocks = tuple(
        _shipped(defined, environment, number, [item for item in block if last[item.place] == number], owned)
        for number, block in enumerate(items)
    )
    found = _without(differences(defined.after, there), set(last), defined)
    ours: list[Difference] = []
    others: list[Difference] = []
    for one in folded(one for one in found if not _is_ignored(one.key, ignored)):
        (others if _is_other(one, defined.after) else ours).append(one)
    ours += [one for one in _distribution(defined, environment) if not _is_ignored(one.key, ignored)]
    settings = {
        name: (value, defined.settings[name])
        for name, value in environment.settings.items()
        if defined.settings.get(name, value) != value
    }
    notes = _notes(ours, environment)
    return Judgement(environment, tuple(ours), blocks, tuple(one.key for one in others), settings, notes)


# ------------------------------------------------------------------------------------------------------ optimizations
@dataclass(frozen=True, slots=True)
class _Item:
    """One thing that a block does: an object made or dropped, or a fact of one changed."""

    key: Key
    fact: str = ""
    """Empty of an object."""
    before: Fact | DatabaseObject | None = None
    after: Fact | DatabaseObject | None = None

    @property
    def place(self) -> tuple[Key, str]:
        return self.key, self.fact


def _items(found: Sequence[Difference]) -> Iterator[_Item]:
    for one in found:
        if one.kind != "different":
            yield _Item(one.key, before=one.wanted, after=one.there)
        else:
            yield from (_Item(one.key, name, before, after) for name, (before, after) in one.facts.items())


def _shipped(
    defined: Defined, environment: Environment, number: int, items: Sequence[_Item], owned: set[tuple[Key, str]]
) -> Shipped:
    """The state of a block by those of its items that no later block changes again."""
    block = defined.blocks[number]
    told = [item for item in items if _stays(item, defined.after) and not _never_there(item, defined, environment)]
    seen = [(item, _state(item, environment, owned)) for item in told]
    states = {state for _, state in seen}
    if not seen:
        replaced = "what it does, a later block does otherwise" if block.differences else ""
        why = replaced or block.unseen or "nothing of it shows in the catalog"
        return Shipped(block.name, block.category, UNSEEN, unseen=why)
    order: tuple[State, ...] = ("being built", "invalid", "different")
    state = next((one for one in order if one in states), None) or ("missing" if "missing" in states else "shipped")
    absent = {item.key.name for item, one in seen if one == "missing" and not item.fact and not item.key.table}
    behind = [(item, one) for item, one in seen if one != "shipped"]
    said = [line for item, one in behind if item.key.table not in absent for line in _said(item, one, environment)]
    if state == "missing" and "shipped" in states:
        state = "different"
        said.insert(0, f"in part: {sum(one == 'shipped' for _, one in seen)} of {len(seen)} are there")
    lacks = tuple(dict.fromkeys(item.key for item, _ in behind))
    return Shipped(block.name, block.category, state, tuple(said), block.unseen, lacks)


def _stays(item: _Item, after: Definition) -> bool:
    """Whether the files' last state has what the block did."""
    final = after.get(item.key)
    if not item.fact:
        return (final is None) == (item.after is None)
    return final is not None and final.facts.get(item.fact) == item.after


def _never_there(item: _Item, defined: Defined, environment: Environment) -> bool:
    """Whether it drops what only another block makes, and that is not there: neither of them need be shipped."""
    drops = item.after is None and not item.fact
    return drops and item.key not in defined.before and item.key not in environment.objects


def _state(item: _Item, environment: Environment, owned: set[tuple[Key, str]]) -> State:
    there = environment.objects.get(item.key)
    if item.after is None and not item.fact:
        return "shipped" if there is None else "missing"
    if there is None:
        return "missing"
    if item.fact:
        value = there.facts.get(item.fact)
        return "shipped" if value == item.after else "missing" if value == item.before else "different"
    assert isinstance(item.after, DatabaseObject)
    names = {
        name for name in {*item.after.facts, *there.facts}
        if item.after.facts.get(name) != there.facts.get(name) and (item.key, name) not in owned
    }  # fmt: skip
    if INVALID in names and is_built(item.key, environment.builds):
        return "being built"
    return "different" if names - {INVALID} else "invalid" if names else "shipped"


def is_built(key: Key, builds: Sequence[Build]) -> bool:
    """Whether somebody builds this index, or the index of this constraint."""
    return any(build.table == key.table and build.index == key.name for build in builds)


def _said(item: _Item, state: State, environment: Environment) -> Iterator[str]:
    there = environment.objects.get(item.key)
    if item.fact:
        has = there.facts.get(item.fact) if there else None
        yield from aside(f"{item.key}: {item.fact}", item.after, has)
    elif item.after is None:
        yield f"{item.key} is still there"
    elif state == "different":
        assert isinstance(item.after, DatabaseObject)
        facts = Difference(item.key, item.after, there).facts
        for name, (wanted, has) in facts.items():
            if name != INVALID:
                yield from aside(f"{item.key}: {name}", wanted, has)
        if INVALID in facts:
            yield f"{item.key} is invalid, too"
    elif state == "missing":
        yield f"{item.key} is missing{_hint(item, environment)}"
    elif state == "invalid":
        unsure = any(build.table == item.key.table and not build.index for build in environment.builds)
        more = ", unless it is the one that somebody builds on its table now" if unsure else ""
        what = "a build failed or was stopped" if item.key.kind == "index" else "it was never proved of all rows"
        yield f"{item.key} is invalid: {what}{more}"
    else:
        yield f"{item.key} is being built"


def _hint(item: _Item, environment: Environment) -> str:
    if item.key.kind != "index" or not isinstance(item.after, DatabaseObject):
        return ""
    if other := same_index(item.after, environment.objects):
        return f", but index {other} is defined alike"
    built = any(build.table == item.key.table and not build.index for build in environment.builds)
    return "; somebody builds an index on its table now" if built else ""


def aside(what: str, wanted: object, has: object, there: str = "there") -> Iterator[str]:
    """Two values of one fact: in a line, or where they are long in a line each."""
    ours, other = shown(wanted), shown(has)
    if len(ours) + len(other) <= SHORT:
        yield f"{what} {other} {there}, {ours} in the files"
    else:
        yield from (what, f"{there}: {other}", f"in the files: {ours}")


def shown(value: object) -> str:
    """A fact's value in a line of text."""
    if value is None:
        return "(nothing)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) else " ".join(str(value).split())


# ------------------------------------------------------------------------------------------------------------ schema
def _without(found: Sequence[Difference], accounted: set[tuple[Key, str]], defined: Defined) -> Iterator[Difference]:
    """The differences less what the optimizations account for."""
    for one in found:
        if (one.key, "") in accounted:
            continue
        facts = {name for key, name in accounted if key == one.key}
        if one.kind != "different" or not facts:
            yield one
        elif set(one.facts) - facts:
            yield Difference(one.key, _less(one.wanted, facts), _less(one.there, facts))


def _less(one: DatabaseObject | None, facts: set[str]) -> DatabaseObject | None:
    return one and DatabaseObject(one.key, {name: value for name, value in one.facts.items() if name not in facts})


def _distribution(defined: Defined, environment: Environment) -> Iterator[Difference]:
    """The tables of both that a cluster spreads otherwise than the files say; none on one server, and where the files
    say nothing of it.
    """
    if environment.distribution is None or not defined.distribution:
        return
    wanted = {one.table: one.column for one in defined.distribution}
    for key in sorted(key for key in defined.after if key.kind == "table" and key in environment.objects):
        of = Key("distribution of", key.name)
        files, there = (
            DatabaseObject(of, {"spread": _spread(one.get(key.name))}) for one in (wanted, environment.distribution)
        )
        if files != there:
            yield Difference(of, files, there)


def _spread(column: str | None) -> str:
    return "not at all" if column is None else f"by {column}" if column else "whole on every node"


def _is_ignored(key: Key, patterns: Sequence[str]) -> bool:
    names = (str(key), key.name, key.table, f"{key.table}.{key.name}")
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _is_other(one: Difference, files: Definition) -> bool:
    """Whether what is extra is none of the files' business: no part of a table of theirs, in no schema of theirs.

    Nor is a partition of a table of theirs, which come and go with time, or what stands in no schema (extensions).
    """
    if one.kind != "extra" or one.key.table:
        return False
    schemas = {key.schema for key in files if key.kind != "extension" and key.schema}
    partition = one.there is not None and "partition of" in one.there.facts
    return partition or one.key.kind == "schema" or one.key.schema not in schemas


def _notes(found: Sequence[Difference], environment: Environment) -> tuple[str, ...]:
    """What else to know of missing and invalid indexes."""
    notes = []
    for one in found:
        if one.kind == "missing" and one.wanted and one.key.kind == "index":
            if said := _hint(_Item(one.key, after=one.wanted), environment):
                notes.append(f"{one.key} is missing{said}")
        elif one.there and one.there.facts.get(INVALID) and is_built(one.key, environment.builds):
            notes.append(f"{one.key} is being built")
    return tuple(notes)
