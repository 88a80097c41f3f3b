"""What was seen of queries under two groups of settings: samples, rows and plans of both, no derived figure."""

from __future__ import annotations

from dataclasses import dataclass

from bench.model import Dataset, Machine, Options, Pair, RunStatus, Server, State
from bench.storage import Kind


@dataclass(frozen=True, slots=True)
class SettingsGroup:
    """Settings of a session under a name; without any it is what every experiment measures with."""

    name: str
    settings: dict[str, str]


@dataclass(frozen=True, slots=True)
class SettingsRun:
    """Everything one ``pgproof settings`` saw."""

    id: str
    started_at: str
    status: RunStatus
    pgproof: str
    workload: str
    workload_hash: str
    machine: Machine
    server: Server
    dataset: Dataset
    options: Options
    state: State
    """The state of the database that both groups were measured on."""
    first: SettingsGroup
    second: SettingsGroup
    titles: dict[str, str]
    """Title of each query by its name."""
    pairs: tuple[Pair, ...] = ()
    """``before`` is the first group, ``after`` the second."""
    notes: tuple[str, ...] = ()
    finished_at: str = ""


SETTINGS = Kind(SettingsRun, "settings.json", 1, "comparison of settings", "settings", "pgproof settings writes one")
