"""The sets of candidates worth having: step by step, for a budget, the least that meets the target. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from bench.advice.menus import NOTHING, Menu, Names, weights_of, work_ms
from bench.model.advised import AdvisedSet, Limits, Price

WORTH_TIMES = 2.0
WORTH_SHARE = 0.05
"""A candidate that brings no class within the target is worth its price where it halves the work of one that is not
well within it (``Menu.easy``) and saves 5 % of the target there: less than that nobody waits for, and every index is
paid for with each write. Work is the time, and what the blocks cost (``BLOCK_MS``)."""

WORTH_LOAD = 0.05
"""Of classes that are well within it, one has to be halved, and all together be saved 5 % of what the queries may
take: each its target, as often as it is asked. That base is a promise, and the same when advised on again; a share of
what is left would grow as it shrinks."""

WORTH_WHOLE = 0.02
"""Beyond the target, where that is asked for: 2 % of the work of all cells together. What is left of a long list is
not worth an index each."""

SWAP_TIMES = 1.1
SWAP_SHARE = 0.01
"""One takes the place of another where it does a tenth less work in some class, and saves 1 % of the target there; or
where it takes a tenth less room, and no class has so much more to do."""
SWAP_BYTES = 1.5
"""And the set grows to so many times its bytes at most by it; beyond, it has to be worth as much as one more. What is
dearer and serves only what is well within the target has to save as much of that as one more, too,"""
SWAP_MS = 0.5
"""and more than the fastest of five executions of the same statement differs by beside other work."""

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
    concerned: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Candidate to the menus that it concerns."""

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
        concerned: dict[str, list[int]] = {}
        for number, menu in enumerate(menus):
            for name in menu.concerns:
                concerned.setdefault(name, []).append(number)
        return cls(menus, prices, weights_of(menus, weights), chosen_from, concerned)

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
        """The sets of a greedy search within ``limits``, each better than the one before; the last is the best.

        Each step takes what gains most for its price, several candidates at once where only together they help, and
        takes out what it made superfluous. At last smaller ones take the place of what they serve as well as. What
        goes beyond the target is added to the best set without that.
        """
        steps = self._grown(NOTHING, replace(limits, beyond_target=False))
        return (*steps, *self.beyond(steps[-1] if steps else NOTHING, limits)) if limits.beyond_target else steps

    def beyond(self, best: Names, limits: Limits) -> tuple[Names, ...]:
        """What follows the best set where the user goes beyond the target."""
        return self._grown(best, replace(limits, beyond_target=True))

    def _grown(self, chosen: Names, limits: Limits) -> tuple[Names, ...]:
        steps = list[Names]()
        while more := self._next(chosen, limits):
            chosen = self._without_superfluous(more, limits)
            if chosen in steps:  # what came in went out again: there is nothing to gain but a circle
                break
            steps.append(chosen)
        while less := self._best_swap(steps[-1] if steps else NOTHING, limits, self._smaller):
            steps.append(less)
        return tuple(steps)

    def _next(self, chosen: Names, limits: Limits) -> Names | None:
        if move := self._best_move(chosen, limits):
            return chosen | move
        return self._best_swap(chosen, limits, self._better)

    def _best_swap(self, chosen: Names, limits: Limits, wanted: Callable[[str, str, Names], bool]) -> Names | None:
        """Another candidate in the place of one: of two ways to serve a query that which is ``wanted``, of two of
        those that which gains most."""
        ranked = []
        for gone in sorted(chosen):
            instead = {name for menu, _ in self._touched({gone}) for needs in menu.needs for name in needs}
            for come in sorted(self.among.intersection(instead) - chosen):
                other = chosen - {gone} | {come}
                if self._fits(other, limits) and wanted(gone, come, chosen):
                    ranked.append((-self._gain(other, chosen), sorted(other)))
        return frozenset(min(ranked)[1]) if ranked else None

    def _better(self, gone: str, come: str, chosen: Names) -> bool:
        """Whether some cell has less to do, and none that leaves the target or that gets slower for it."""
        other = chosen - {gone} | {come}
        touched = [menu for menu, _ in self._touched(other ^ chosen)]
        cheap = self.size(other) <= SWAP_BYTES * self.size(chosen)
        waited = self._no_dearer(come, gone, 1.0) or not all(menu.easy(chosen) for menu in touched)
        times = SWAP_TIMES if cheap else WORTH_TIMES
        least = (SWAP_SHARE, 0.0) if cheap and waited else (WORTH_SHARE, SWAP_MS)
        if not any(_saves(menu, other, chosen, times, *least) for menu in touched):
            return False
        if any(menu.slower(other, chosen) or (menu.within(chosen) and not menu.within(other)) for menu in touched):
            return False
        return self._gain(other, chosen) > 0

    def _no_dearer(self, come: str, gone: str, times: float) -> bool:
        """Whether it takes no more room, one ``times``-th of it, and is no dearer to write but for noise."""
        new, old = self.prices[come], self.prices[gone]
        return times * new.size_bytes <= old.size_bytes and new.write_share <= SWAP_TIMES * old.write_share

    def _smaller(self, gone: str, come: str, chosen: Names) -> bool:
        """Whether it takes less room and is no dearer to write, and no cell has more to do or leaves the target."""
        if not self._no_dearer(come, gone, SWAP_TIMES):
            return False
        other = chosen - {gone} | {come}
        touched = [menu for menu, _ in self._touched(other ^ chosen)]
        return not any(
            _saves(menu, chosen, other, SWAP_TIMES, *((WORTH_SHARE, SWAP_MS) if menu.easy(other) else (SWAP_SHARE,)))
            or (menu.within(chosen) and not menu.within(other))
            for menu in touched
        )

    def smallest(self, whole: Names) -> Names:
        """The least of ``whole`` with which every cell is within the target that is so with all of it.

        Taken out one by one, the largest first; it is the least in that nothing more can go, not of all sets.
        """
        within = [menu for menu in self.menus if menu.within(whole)]
        return self._shrunk(whole, lambda less: all(menu.within(less) for menu in within))

    def contenders(self, limits: Limits) -> Names:
        """What a set could be made of, once it is known what each costs to write: the best sets for any budget, those
        beyond the target, and what serves a query nearly as well as they do, the smallest first; the latter two up to
        ``CONTENDERS``."""
        steps = self.best(limits)
        found, whole = NOTHING.union(*steps), steps[-1] if steps else NOTHING
        beyond = NOTHING.union(*self.beyond(whole, limits)[-1:])
        others = {
            name
            for menu in self.menus
            for plan, needs in zip(menu.cell.plans, menu.needs, strict=True)
            if needs
            and work_ms(plan) <= WORTH_TIMES * menu.work_ms(whole)
            and menu.work_ms(whole) < menu.work_ms(NOTHING)
            for name in needs
        }
        for more in (beyond, others & self.among):
            ranked = sorted(more - found, key=lambda name: (self.prices[name].size_bytes, name))
            found = found.union(ranked[: max(0, CONTENDERS - len(found))])
        return found

    # -------------------------------------------------------------------------------------------------------- steps
    def _best_move(self, chosen: Names, limits: Limits) -> Names | None:
        moves = {
            move for menu in self.menus for move in menu.moves(chosen) if len(move) <= AT_ONCE and move <= self.among
        }
        ranked = []
        for move in moves:
            more = chosen | move
            gain = self._gain(more, chosen)
            if gain > 0 and self._fits(more, limits) and self._worth(more, chosen, limits):
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
        numbers = sorted({number for name in names for number in self.concerned.get(name, ())})
        return [(self.menus[number], self.weights[number]) for number in numbers]

    def _gain(self, more: Names, chosen: Names) -> float:
        """What ``more`` is worth beyond ``chosen``: cells within the target, and work saved in shares of it."""
        touched = self._touched(more ^ chosen)
        return sum(weight * (menu.worth(more) - menu.worth(chosen)) for menu, weight in touched)

    def _worth(self, more: Names, chosen: Names, limits: Limits) -> bool:
        """Whether somebody notices, and no cell leaves the target for it."""
        touched = self._touched(more ^ chosen)
        menus = [menu for menu, _ in touched]
        if any(menu.within(chosen) and not menu.within(more) for menu in menus if menu.slower(more, chosen)):
            return False
        if any(menu.within(more) and not menu.within(chosen) for menu in menus):
            return True
        halved = [menu for menu in menus if _saves(menu, more, chosen, WORTH_TIMES, WORTH_SHARE)]
        if not all(menu.easy(chosen) for menu in halved):
            return True
        saved = [(menu.work_ms(chosen) - menu.work_ms(more), weight) for menu, weight in touched]
        if limits.beyond_target and sum(ms for ms, _ in saved) >= WORTH_WHOLE * self._left_ms(chosen):
            return bool(halved)
        return bool(halved) and sum(ms * weight for ms, weight in saved) >= WORTH_LOAD * self._promised_ms()

    def _left_ms(self, chosen: Names) -> float:
        return sum(menu.work_ms(chosen) for menu in self.menus)

    def _promised_ms(self) -> float:
        return sum(menu.target_ms * weight for menu, weight in zip(self.menus, self.weights, strict=True))

    def _fits(self, chosen: Names, limits: Limits) -> bool:
        if limits.disk_bytes is not None and self.size(chosen) > limits.disk_bytes:
            return False
        return limits.write_share is None or self.write_share(chosen) <= limits.write_share

    def _without_superfluous(self, chosen: Names, limits: Limits) -> Names:
        return self._shrunk(chosen, lambda less: not self._worth(chosen, less, limits) and self._keeps(less, chosen))

    def _keeps(self, less: Names, chosen: Names) -> bool:
        return all(menu.within(less) or not menu.within(chosen) for menu, _ in self._touched(less ^ chosen))

    def _shrunk(self, chosen: Names, enough: Callable[[Names], bool]) -> Names:
        for name in sorted(chosen, key=lambda one: (-self.prices[one].size_bytes, one)):
            if enough(less := chosen - {name}):
                chosen = less
        return chosen


def _saves(menu: Menu, more: Names, chosen: Names, times: float, share: float, least_ms: float = 0.0) -> bool:
    before, after = menu.work_ms(chosen), menu.work_ms(more)
    return before >= times * after and before - after >= max(share * menu.target_ms, least_ms)
