"""The server that was measured, and what was set on it."""

from __future__ import annotations

from dataclasses import dataclass, field

STARTED = ("embedded", "local", "docker")
"""Kinds of server that pgproof starts."""


@dataclass(frozen=True, slots=True)
class ForcedSetting:
    """A setting that every timed connection sets, whatever the server has."""

    name: str
    """Of the setting."""
    value: str
    """What it is set to."""
    own: str
    """What a session of the same role has there by itself: server, role and database of the DSN."""
    kept: bool = False
    """Whether it is forced under the server's own settings too: the plan that is timed is shown, results are compared
    as text."""

    @property
    def differs(self) -> bool:
        """Whether the server has another value."""
        return self.value != self.own


@dataclass(frozen=True, slots=True)
class Server:
    """The server that was measured."""

    kind: str
    """``embedded``, ``docker`` or ``dsn``."""
    version: str
    """As ``server_version`` says."""
    version_num: int
    """As ``server_version_num`` says: 180001."""
    settings: dict[str, str] = field(default_factory=dict)
    """Settings that shape plans and times."""
    forced: tuple[ForcedSetting, ...] = ()
    """Empty in files from before these were recorded."""
    nodes: int = 0
    """Of the Citus cluster over which the tables were spread, the coordinator among them; 0: it is one server."""
    citus: str = ""
    """The extension's version there."""

    @property
    def ours(self) -> bool:
        """Whether pgproof started it, so that its configuration is pgproof's. An existing one keeps what it has."""
        return self.kind in STARTED

    @property
    def differing(self) -> tuple[ForcedSetting, ...]:
        """The forced settings of which it has other values."""
        return tuple(one for one in self.forced if one.differs)

    @property
    def own_settings(self) -> dict[str, str]:
        """What a connection sets to measure as the server is set; empty where nothing that is not kept differs."""
        return {one.name: one.own for one in self.differing if not one.kept}
