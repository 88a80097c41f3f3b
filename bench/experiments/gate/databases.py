"""The databases of a gate: one prepared for each arm, and copies of them that are used once and dropped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bench.errors import WorkloadError
from bench.experiments.gate import injections
from bench.experiments.gate.arms import ARMS, Arm, ArmName
from bench.experiments.setup import Setup
from bench.measurement import Sides
from bench.postgres import databases, optimizations
from bench.postgres.connection import Target, checkpoint
from bench.postgres.servers import SESSION_SETTINGS
from bench.progress import silent


@dataclass(frozen=True, slots=True)
class Databases:
    """Makes and copies the databases of one gate; those that are left go with the setup."""

    setup: Setup
    arms: Mapping[ArmName, Arm]
    templates: Mapping[ArmName, str]
    """The filled database that each arm starts from."""
    timeout_s: float

    def prepare(
        self, names: Sequence[ArmName], label: str, what: str = "preparing the databases"
    ) -> dict[ArmName, str]:
        """Make the after state of each arm, side by side: its template's copy with its optimizations."""
        prepared = {}
        with self.setup.server.bulk():
            for name in names:
                prepared[name] = self._copy(self.templates[name], f"{label}_{name}")
            with ThreadPoolExecutor(len(names)) as pool:
                waiting = [pool.submit(self._treat, self.arms[name], prepared[name]) for name in names]
                for done, future in enumerate(waiting):
                    self.setup.progress(what, done, len(names))
                    future.result()
        self.setup.progress(what, len(names), len(names))
        checkpoint(self.setup.admin)
        return prepared

    def _treat(self, arm: Arm, name: str) -> None:
        try:
            with self.target(arm).connect(name) as connection:
                optimizations.apply_all(connection, arm.workload.optimizations, silent)
                if arm.injection:
                    injections.apply(connection, arm.injection, self.setup.target)
        except WorkloadError as error:
            where = "the working tree" if arm.name == "head" else arm.label
            raise WorkloadError(f"{where}: {error.message}", hint=error.hint) from error

    @contextmanager
    def copies(
        self, prepared: Mapping[ArmName, str], label: str, *, reverse: bool = False
    ) -> Iterator[dict[ArmName, str]]:
        """Fresh copies of prepared databases; ``reverse`` makes them in the other order, hence at other places."""
        names = [name for name in (reversed(ARMS) if reverse else ARMS) if name in prepared]
        copies = {name: self._copy(prepared[name], f"{label}_{name}") for name in names}
        try:
            yield copies
        finally:
            for copy in copies.values():
                self.drop(copy)

    def sides(self, name: ArmName, copy: str) -> Sides:
        """How to connect to one arm's database for measuring; only its after state exists."""
        return Sides(self.target(self.arms[name]), {"after": copy}, self.timeout_s)

    def target(self, arm: Arm) -> Target:
        """How to connect to databases of this arm."""
        target = self.setup.target
        return replace(target, settings={**SESSION_SETTINGS, **(arm.injection.settings if arm.injection else {})})

    def drop(self, name: str) -> None:
        """Drop one of the databases made here."""
        databases.drop(self.setup.admin, name)
        databases.release(self.setup.admin, name)

    def _copy(self, source: str, label: str) -> str:
        name = self.setup.name(label)
        databases.clone(self.setup.admin, source, name, "scratch")
        return name
