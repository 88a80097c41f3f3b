"""The databases of a gate: one prepared for each arm, and copies of them that are used once and dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from bench.errors import WorkloadError
from bench.experiments.gate import injections
from bench.experiments.gate.arms import ARMS, Arm, ArmName
from bench.experiments.setup import Setup
from bench.measurement import Sides
from bench.model import Applied
from bench.postgres import databases, optimizations
from bench.postgres.connection import Target, checkpoint
from bench.postgres.servers import SESSION_SETTINGS
from bench.progress import silent

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Databases:
    """Makes and copies the databases of one gate; those that are left go with the setup."""

    setup: Setup
    arms: Mapping[ArmName, Arm]
    setups: Mapping[ArmName, Setup]
    """Of each arm: with the filled database that it starts from."""
    timeout_s: float
    keep: bool = True
    """Whether a state that was made is kept for the next gate."""

    def prepare(
        self, names: Sequence[ArmName], label: str, what: str = "preparing the databases", *, anew: bool = False
    ) -> dict[ArmName, str]:  # fmt: skip
        """Make the after state of each arm: a copy of the one that is kept for it, or its template's copy with its
        optimizations, side by side; the latter in any case where it is to be made ``anew``.
        """
        prepared: dict[ArmName, str] = {}
        with self.setup.server.bulk():
            kept = {} if anew else {name: one.name for name in names if (one := self.setups[name].kept_after())}
            for name in names:
                source = kept.get(name, self.setups[name].template)
                prepared[name] = self._copy(source, f"{label}_{name}")
            bare = [name for name in names if name not in kept]
            applied = self._side_by_side(self._optimize, bare, prepared, what)
            if self.keep and not anew:
                for name, found in applied.items():
                    if key := self.setups[name].keep_after(prepared[name], found):
                        prepared[name] = self._copy(key, f"{label}_{name}")
            self._side_by_side(self._inject, [name for name in names if self.arms[name].injection], prepared, what)
        checkpoint(self.setup.admin)
        return prepared

    def _side_by_side(
        self, treat: Callable[[Arm, str], Done], names: Sequence[ArmName], prepared: Mapping[ArmName, str], what: str
    ) -> dict[ArmName, Done]:  # fmt: skip
        found = {}
        with ThreadPoolExecutor(len(ARMS)) as pool:
            waiting = {name: pool.submit(treat, self.arms[name], prepared[name]) for name in names}
            for done, (name, future) in enumerate(waiting.items()):
                self.setup.progress(what, done, len(names))
                found[name] = future.result()
        self.setup.progress(what, len(names), len(names))
        return found

    def _optimize(self, arm: Arm, name: str) -> tuple[Applied, ...]:
        with self._told(arm), self.setup.target.connect(name) as connection:  # settings of an injection are for queries
            return optimizations.apply_all(connection, arm.workload.optimizations, silent)

    def _inject(self, arm: Arm, name: str) -> None:
        assert arm.injection
        with self._told(arm), self.target(arm).connect(name) as connection:
            injections.apply(connection, arm.injection, self.setup.target)

    @contextmanager
    def _told(self, arm: Arm) -> Iterator[None]:
        """Say of what fails which arm it is of."""
        try:
            yield
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
