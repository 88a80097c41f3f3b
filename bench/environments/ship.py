"""Which optimizations a script for one database is to hold, by what that database has of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from bench.environments.judge import UNSEEN, Judgement, Shipped
from bench.model import Optimization

BY_NAME = (
    "it is there otherwise, or in part. The statements below find things by their names and leave alone what is there: "
    "take away first what is to be made anew"
)
UNSURE = "no catalog shows whether it is there: leave it out where it was carried out"
ANEW = "what an interrupted build left there is dropped and built anew"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a script is to hold, and what its reader is to know."""

    optimizations: tuple[Optimization, ...]
    about: tuple[str, ...]
    """Of the whole script, a line each."""
    remarks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By optimization."""


def lacking(judged: Judgement, optimizations: Sequence[Optimization], asked: Collection[str]) -> Chosen:
    """What the database lacks of the optimizations; what nobody can see only where it is ``asked`` for by name."""
    states = {one.name: one for one in judged.blocks}
    taken = [one for one in optimizations if _is_lacking(states[one.name], one, asked)]
    left = [states[one.name] for one in optimizations if one not in taken]
    about = [
        f"For {judged.environment.label}, PostgreSQL {judged.environment.version}: what it lacks.",
        *_listed("There as in the files, and left out", left, ("shipped",)),
        *_listed("Being built now, and left out; write the script again when that is done", left, ("being built",)),
        *_listed("Left out, since no catalog shows whether it is there; --only NAME writes it", left, (UNSEEN,)),
    ]
    if judged.differences:
        about.append(
            f"Beside that, {len(judged.differences)} objects of the schema are not as in the files: pgproof verify."
        )
    return Chosen(tuple(taken), tuple(about), {one.name: _remarks(states[one.name]) for one in taken})


def there(judged: Judgement, optimizations: Sequence[Optimization]) -> Chosen:
    """What the database has of the optimizations, for a script that takes them back."""
    states = {one.name: one for one in judged.blocks}
    taken = tuple(one for one in optimizations if states[one.name].state not in ("missing", UNSEEN))
    left = [states[one.name] for one in optimizations if one not in taken]
    about = (
        f"For {judged.environment.label}, PostgreSQL {judged.environment.version}: what it has.",
        *_listed("Not there, and left out", left, ("missing",)),
        *_listed("Left out, since no catalog shows whether it is there", left, (UNSEEN,)),
    )
    return Chosen(taken, about)


def _is_lacking(found: Shipped, optimization: Optimization, asked: Collection[str]) -> bool:
    if found.state == UNSEEN:
        return found.name in asked or not optimization.statements  # without statements it says what to deploy
    return found.state in ("missing", "different", "invalid")


def _remarks(found: Shipped) -> tuple[str, ...]:
    if found.state == UNSEEN:
        return (UNSURE,)
    first = {"different": (BY_NAME,), "invalid": (ANEW,)}.get(found.state, ())
    return (*first, *found.said) if found.state != "missing" else ()


def _listed(what: str, left: Sequence[Shipped], states: tuple[str, ...]) -> tuple[str, ...]:
    names = [one.name for one in left if one.state in states]
    return (f"{what}: {', '.join(names)}.",) if names else ()
