"""What every record says of where it was made, as the facts that its document shows."""

from __future__ import annotations

from bench.model import Dataset, Machine, Server
from bench.report import numbers


def size(workload: str, dataset: Dataset) -> str:
    """The workload, and how much data."""
    return f"{workload}, {dataset.scale:,} {dataset.unit}"


def unfinished(what: str, status: str, did: str = "measured") -> tuple[str, ...]:
    """What is said above the report of an experiment that was stopped; nothing of any other."""
    if status in ("complete", "running"):
        return ()
    return (f"{what} was not finished ({status}): what it had {did} by then is here.",)


def server(one: Server) -> tuple[str, str]:
    """The server, as a fact."""
    cluster = f", Citus {one.citus} on {numbers.plural(one.nodes, 'node')}" if one.nodes else ""
    return "Server", f"PostgreSQL {one.version} ({one.kind}{cluster})"


def forced(one: Server) -> tuple[tuple[str, str], ...]:
    """The settings that pgproof forced, as a fact; nothing in files from before they were recorded."""
    return (("Settings", " ".join(forced_sentences(one))),) if one.forced else ()


def forced_sentences(one: Server) -> tuple[str, ...]:
    """Name the settings that every timed connection set: those of which the server has other values, then the rest."""
    if not one.forced:
        return ()
    differing, same = one.differing, [setting for setting in one.forced if not setting.differs]
    number = f"{numbers.plural(len(one.forced), 'setting')} were forced on every timed connection"
    theirs = ", ".join(f"{setting.name} {setting.value} (the server's own: {setting.own})" for setting in differing)
    differ = "1 differs" if len(differing) == 1 else f"{len(differing)} differ"
    said = [f"{number}. {differ} from the server's own: {theirs}." if differing else f"{number}."]
    if same:
        said.append(f"As the server has them: {', '.join(f'{setting.name} {setting.value}' for setting in same)}.")
    return tuple(said)


def machine(one: Machine) -> tuple[str, str]:
    """The machine, as a fact."""
    return "Machine", f"{one.cpu}, {numbers.plural(one.cores, 'core')}, {numbers.size(one.memory_bytes)}"
