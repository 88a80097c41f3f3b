"""Which server to take for a schema: the first that has the extensions that it names.

The embedded one comes first, stand-ins counted; then what is installed on this machine; then a container. Where none
has them, the one line says which of these would.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from bench.errors import ServerError
from bench.postgres import stand_ins
from bench.postgres.extensions import IMAGES
from bench.postgres.servers.account import server_account
from bench.postgres.servers.docker import engine_problem
from bench.postgres.servers.handle import ServerOptions
from bench.postgres.servers.installations import (
    extensions_of,
    extensions_of_wheel,
    find_installation,
    installations,
)

DEFAULT_IMAGE = ServerOptions().image


class Choice(NamedTuple):
    """A kind of server, how to get it, and why that one (empty where it is the embedded one)."""

    kind: str
    options: ServerOptions
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Candidate:
    kind: str
    options: ServerOptions
    what: str
    has: frozenset[str]
    problem: str = ""
    """Why it cannot be had now."""


def choose(wanted: Mapping[str, str], options: ServerOptions, kind: str = "") -> Choice:
    """The server for a schema that names these extensions.

    Args:
        wanted: each extension, with the place that names it (``schema.sql:12``).
        options: what the user asked for besides.
        kind: the kind of server that the user asked for, or empty. A DSN's server and an image that was named are not
            asked what they have.

    Raises:
        ServerError: no server of those kinds has them.
    """
    needed = frozenset(wanted)
    kind = kind or ("local" if options.pg_bin else "")
    if kind not in ("", "embedded", "local", "docker") or (kind == "docker" and options.image != DEFAULT_IMAGE):
        return Choice(kind, options)
    passed: list[_Candidate] = []
    for candidate in _candidates(options, kind):
        if needed <= candidate.has and not candidate.problem:
            return Choice(candidate.kind, candidate.options, _reason(candidate, passed, needed) if not kind else "")
        passed.append(candidate)
    raise _nobody(wanted, needed, passed, list(_candidates(options, "")) if kind else passed)


def _candidates(options: ServerOptions, kind: str) -> Iterator[_Candidate]:
    """Those of that kind, or of all; a later one is looked for when the earlier ones did not do."""
    account, standing_in = server_account(), frozenset(stand_ins.NAMES)
    own = extensions_of_wheel()
    if kind in ("", "embedded"):
        yield _Candidate("embedded", options, "the embedded server", own | standing_in)
    if kind in ("", "local"):
        found = [find_installation(options.pg_bin, account)] if kind and options.pg_bin else installations(account)
        if kind and not found:
            find_installation(None, account)  # raises
        for one in found:
            has = extensions_of(one, account) | (standing_in if one.major >= stand_ins.FIRST_MAJOR else frozenset())
            what = f"PostgreSQL {one.major} in {one.folder}"
            yield _Candidate("local", replace(options, pg_bin=one.folder), what, has)
    if kind in ("", "docker"):
        problem = "" if kind else engine_problem()
        for image, more in IMAGES.items():
            has = own - {"vector"} | frozenset(more)  # an image has what comes with PostgreSQL
            yield _Candidate("docker", replace(options, image=image), f"the image {image}", has, problem)


def _reason(chosen: _Candidate, passed: Sequence[_Candidate], needed: frozenset[str]) -> str:
    if not passed:
        return ""
    lacked = sorted(needed - passed[0].has)
    return f"taking {chosen.what}: {passed[0].what} lacks the extension{'s'[: len(lacked) - 1]} {', '.join(lacked)}"


def _nobody(
    wanted: Mapping[str, str], needed: frozenset[str], asked: Sequence[_Candidate], every: Sequence[_Candidate]
) -> ServerError:
    """The one line: which extension the servers asked for lack, and which server would have it."""
    lacked = next(name for name in wanted if name in needed - asked[0].has)
    without = [one.what for one in asked if one.kind != "docker" and lacked not in one.has]
    image = next((one for one in every if one.kind == "docker" and needed <= one.has), None)
    having = next((one for one in every if one.kind != "docker" and needed <= one.has), None)
    who = " and ".join(without) or "what pgproof knows of images"
    message = f"{wanted[lacked]}: {who} lack{'' if without[1:] else 's'} the extension {lacked}"
    if having:
        return ServerError(message, hint=f"{having.what} has it: --server {having.kind}")
    if image is None:
        return ServerError(message, hint="name a server that has it: --dsn, or --server docker --image IMAGE")
    state = f"; {image.what} has it, but {image.problem}" if image.problem else ""
    hint = f"start Docker, install {lacked} here, or name a server that has it: --dsn" if state else "--server docker"
    return ServerError(message + state, hint=hint)
