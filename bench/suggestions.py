"""What somebody may have meant who typed a name that is not there."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path

SOME = 8
"""Names that are listed where none is near."""


def did_you_mean(name: str, known: Collection[str], what: str = "there are ") -> str:
    """The nearest of ``known``, as a hint; some of them where none is near, and nothing where there is none at all."""
    whole = {one.lower(): one for one in known}
    last = {one.rpartition(".")[2]: one for one in whole}
    near = get_close_matches(name.lower(), whole, n=1, cutoff=0.6)
    near = near or [
        last[one] for one in get_close_matches(name.lower().rpartition(".")[2], last, n=1, cutoff=0.7)
    ] or _begun(name.lower(), whole)  # fmt: skip
    if near:
        return f"did you mean {whole[near[0]]}?"
    some = sorted(known)[:SOME]
    return f"{what}{', '.join(some)}{' …' if len(known) > len(some) else ''}" if some else ""


def _begun(name: str, known: Collection[str]) -> list[str]:
    """The one name that begins so: three letters of a long name are not near it, and plain enough."""
    begun = [one for one in known if len(name) >= 3 and one.startswith(name)]
    return begun if len(begun) == 1 else []


def file_nearby(path: Path) -> str:
    """A file or folder beside ``path``, which is not there, with a name like it, as a hint; else empty."""
    try:
        beside = [one.name for one in path.parent.iterdir() if not one.name.startswith(".")]
    except OSError:
        return ""
    near = get_close_matches(path.name, beside, n=1, cutoff=0.7)
    return f"did you mean {path.parent / near[0]}?" if near else ""
