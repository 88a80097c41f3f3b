"""What was measured on, and whether stored work counters may be compared with those of this server and these rows."""

from __future__ import annotations

from bench.cells.work import WITHOUT_INFLUENCE
from bench.experiments.gate.record import Fingerprint
from bench.model import Dataset, Server
from bench.workload import Workload


def fingerprint_of(workload: Workload, dataset: Dataset, server: Server) -> Fingerprint:
    """What has to be the same for stored counters to be comparable."""
    return Fingerprint(
        server_version=server.version,
        settings={name: value for name, value in server.settings.items() if name not in WITHOUT_INFLUENCE}
        | ({"nodes of the cluster": str(server.nodes)} if server.nodes else {}),
        workload=workload.name,
        scale=dataset.scale,
        unit=dataset.unit,
        seed=dataset.seed,
        skew=dataset.skew,
        clock=dataset.clock,
        tables={table.name: f"{table.rows:,} rows, {table.content_hash[:16]}" for table in dataset.tables},
    )


def differences(stored: Fingerprint, now: Fingerprint) -> tuple[str, ...]:
    """Each part that differs, in words; empty when the two are comparable."""
    found = []
    for name, words in (
        ("server_version", "PostgreSQL"),
        ("workload", "workload"),
        ("scale", f"scale ({stored.unit})"),
        ("seed", "seed"),
        ("skew", "skew"),
        ("clock", "clock of the dataset"),
    ):
        old, new = getattr(stored, name), getattr(now, name)
        if old != new:
            found.append(f"{words}: {old} in the baseline, {new} now")
    for name in sorted(stored.settings.keys() | now.settings.keys()):
        old, new = stored.settings.get(name, "not known"), now.settings.get(name, "not known")
        if old != new:
            found.append(f"setting {name}: {old} in the baseline, {new} now")
    return (*found, *_tables(stored, now))


def _tables(stored: Fingerprint, now: Fingerprint) -> list[str]:
    if (stored.scale, stored.seed, stored.skew) != (now.scale, now.seed, now.skew):
        return []  # then all rows differ, which is said already
    both = stored.tables.keys() & now.tables.keys()
    return [
        f"rows of {name}: {stored.tables[name]} in the baseline, {now.tables[name]} now"
        for name in sorted(both)
        if stored.tables[name] != now.tables[name]
    ]
