"""The sets of candidates worth having: step by step, for a budget, the least that meets the target. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.advice.menus import NOTHING, Menu, Names, weights_of, work_ms
from bench.model.advised import AdvisedSet, Limits, Price

WORTH_TIMES = 2.0
WORTH_SHARE = 0.05
"""A candidate beyond those that the target needs is worth its price where it halves the work of a query in some class
and saves 5 % of the target there: less than that nobody waits for, and every index is paid for with each write. Work
is the time, and what the blocks cost (``BLOCK_MS``)."""

WORTH_WHOLE = 0.02
"""And where it saves 2 % of the work of all cells together: what is left of a long list is not worth an index each."""

SWAP_TIMES = 1.1
SWAP_SHARE = 0.01
"""One takes the place of another where it does a tenth less work in some class, and saves 1 % of the target there."""
SWAP_BYTES = 1.5
"""And the set grows to so many times its bytes at most by it; beyond, it has to be worth as much as one more."""

CONTENDERS = 30
"""Candidates at most whose price of writing is measured: each takes some executions of each write statement."""

AT_ONCE = 4
"""Candidates that are added in one step at most: what a join needs on all its sides helps only together."""


@dataclass(frozen=True, slots=True)
class Chooser:
    """Looks for sets by the plans that were measured."""

    menus: tuple[Menu, ...]
    prices: Mapping[str, Price]
    weights: Sequence[float]
    among: Names = NOTHING
    """Candidates that may be chosen: those whose whole price is known."""

    @classmethod
    def of(
        cls,
        menus: tuple[Menu, ...],
        prices: Mapping[str, Price],
        weights: Mapping[str, int],
        among: Iterable[str] | None = None,
    ) -> Chooser:
        """One for these cells; of all candidates that have a price, or ``among`` these alone."""
        chosen_from = frozenset(prices if among is None else among) & frozenset(prices)
        return cls(menus, prices, weights_of(menus, weights), chosen_from)

    # -------------------------------------------------------------------------------------------------- what it is
    def size(self, names: Iterable[str]) -> int:
        """Bytes on disk."""
        return sum(self.prices[name].size_bytes for name in names)

    def write_share(self, names: Iterable[str]) -> float:
        """More WAL, as a share."""
        return sum(self.prices[name].write_share for name in names)

    def look(self, names: Iterable[str]) -> AdvisedSet:
        """Say what the plans measured say of a set."""
        chosen = frozenset(names)
        return AdvisedSet(
            names=tuple(sorted(chosen)),
            size_bytes=self.size(chosen),
            write_share=self.write_share(chosen),
            within=sum(menu.within(chosen) for menu in self.menus),
            cells=len(self.menus),
            total_ms=sum(menu.ms(chosen) for menu in self.menus),
            slower={menu.cell.label: (menu.ms(NOTHING), menu.ms(chosen)) for menu in self.menus if menu.slower(chosen)},
        )

    # ----------------------------------------------------------------------------------------------------- choosing
    def best(self, limits: Limits) -> tuple[Names, ...]:
        """The sets of a greedy search within ``limits``, each larger than the one before; the last is the best.

        Each step takes what gains most for its price, several candidates at once where only together they help, and
        takes out what it made superfluous.
        """
        chosen, steps = NOTHING, list[Names]()
        while more := self._next(chosen, limits):
            chosen = self._without_superfluous(more)
            if chosen in steps:  # what came in went out again: there is nothing to gain but a circle
                break
            steps.append(chosen)
        return tuple(steps)

    def _next(self, chosen: Names, limits: Limits) -> Names | None:
        if move := self._best_move(chosen, limits):
            return chosen | move
        return self._best_swap(chosen, limits)

    def _best_swap(self, chosen: Names, limits: Limits) -> Names | None:
        """Another candidate in the place of one: of two ways to serve a query the one that leaves it least to do."""
        ranked = []
        for gone in sorted(chosen):
            less = chosen - {gone}
            instead = {name for menu, _ in self._touched({gone}) for needs in menu.needs for name in needs}
            for come in sorted(self.among.intersection(instead) - chosen):
                other = less | {come}
                gain = self._gain(other, chosen)
                if gain > 0 and self._fits(other, limits) and self._better(other, chosen):
                    ranked.append((-gain, sorted(other)))
        return frozenset(min(ranked)[1]) if ranked else None

    def _better(self, other: Names, chosen: Names) -> bool:
        """Whether some cell has less to do, and none that leaves the target or that gets slower for it."""
        touched = [menu for menu, _ in self._touched(other ^ chosen)]
        if any(menu.slower(other, chosen) or (menu.within(chosen) and not menu.within(other)) for menu in touched):
            return False
        cheap = self.size(other) <= SWAP_BYTES * self.size(chosen)
        least = (SWAP_TIMES, SWAP_SHARE) if cheap else (WORTH_TIMES, WORTH_SHARE)
        return any(_saves(menu, other, chosen, *least) for menu in touched)

    def smallest(self, whole: Names) -> Names:
        """The least of ``whole`` with which every cell is within the target that is so with all of it.

        Taken out one by one, the largest first; it is the least in that nothing more can go, not of all sets.
        """
        within = [menu for menu in self.menus if menu.within(whole)]
        return self._shrunk(whole, lambda less: all(menu.within(less) for menu in within))

    def contenders(self) -> Names:
        """What a set could be made of, once it is known what each costs to write: the best sets for any budget, and
        what serves a query nearly as well as they do, the smallest first, up to ``CONTENDERS``."""
        steps = self.best(Limits())
        found, whole = NOTHING.union(*steps), steps[-1] if steps else NOTHING
        others = {
            name
            for menu in self.menus
            for plan, needs in zip(menu.cell.plans, menu.needs, strict=True)
            if needs
            and work_ms(plan) <= WORTH_TIMES * menu.work_ms(whole)
            and menu.work_ms(whole) < menu.work_ms(NOTHING)
            for name in needs
        }
        more = sorted((others & self.among) - found, key=lambda name: (self.prices[name].size_bytes, name))
        return found.union(more[: max(0, CONTENDERS - len(found))])

    # -------------------------------------------------------------------------------------------------------- steps
    def _best_move(self, chosen: Names, limits: Limits) -> Names | None:
        moves = {
            move for menu in self.menus for move in menu.moves(chosen) if len(move) <= AT_ONCE and move <= self.among
        }
        ranked = []
        for move in moves:
            more = chosen | move
            gain = self._gain(more, chosen)
            if gain > 0 and self._fits(more, limits) and self._worth(more, chosen):
                ranked.append((-gain / self._price(move), sorted(move)))
        return frozenset(min(ranked)[1]) if ranked else None

    def _price(self, move: Names) -> float:
        """What a move costs: one for each candidate, so that tiny ones are not free, and its bytes and its log in
        parts of what the median of all candidates takes."""
        size = median(price.size_bytes for price in self.prices.values()) or 1
        share = median(price.write_share for price in self.prices.values()) or 1.0
        return len(move) + self.size(move) / size + max(self.write_share(move), 0.0) / share

    def _touched(self, names: Collection[str]) -> list[tuple[Menu, float]]:
        """The menus that any of these concerns, with their weights: no other changes by them."""
        return [both for both in zip(self.menus, self.weights, strict=True) if not both[0].concerns.isdisjoint(names)]

    def _gain(self, more: Names, chosen: Names) -> float:
        """What ``more`` is worth beyond ``chosen``: cells within the target, and work saved in shares of it."""
        touched = self._touched(more ^ chosen)
        return sum(weight * (menu.worth(more) - menu.worth(chosen)) for menu, weight in touched)

    def _worth(self, more: Names, chosen: Names) -> bool:
        """Whether somebody notices, and no cell leaves the target for it."""
        touched = [menu for menu, _ in self._touched(more ^ chosen)]
        if any(menu.within(chosen) and not menu.within(more) for menu in touched if menu.slower(more, chosen)):
            return False
        if any(menu.within(more) and not menu.within(chosen) for menu in touched):
            return True
        saved = sum(menu.work_ms(chosen) - menu.work_ms(more) for menu in touched)
        if saved < WORTH_WHOLE * sum(menu.work_ms(chosen) for menu in self.menus):
            return False
        return any(_saves(menu, more, chosen, WORTH_TIMES, WORTH_SHARE) for menu in touched)

    def _fits(self, chosen: Names, limits: Limits) -> bool:
        if limits.disk_bytes is not None and self.size(chosen) > limits.disk_bytes:
            return False
        return limits.write_share is None or self.write_share(chosen) <= limits.write_share

    def _without_superfluous(self, chosen: Names) -> Names:
        return self._shrunk(chosen, lambda less: not self._worth(chosen, less) and self._keeps(less, chosen))

    def _keeps(self, less: Names, chosen: Names) -> bool:
        return all(menu.within(less) or not menu.within(chosen) for menu in self.menus)

    def _shrunk(self, chosen: Names, enough: Callable[[Names], bool]) -> Names:
        for name in sorted(chosen, key=lambda one: (-self.prices[one].size_bytes, one)):
            if enough(less := chosen - {name}):
                chosen = less
        return chosen


def _saves(menu: Menu, more: Names, chosen: Names, times: float, share: float) -> bool:
    before, after = menu.work_ms(chosen), menu.work_ms(more)
    return before >= times * after and before - after >= share * menu.target_ms
