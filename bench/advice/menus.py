"""The plans that were measured of a query and class, and which of them a set of candidates gives. Pure.

The server takes the cheapest plan, by its own estimate, among those for which it has everything. So the plan under a
set that nobody asked about is the cheapest of the known ones that need nothing beyond it (index usage model:
Papadomanolakis, Dash and Ailamaki, "Efficient use of the query optimizer for automated physical design", VLDB 2007).
Whether that holds is asked of the server before a set is proposed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from bench.model.advised import CellTried, PlanMeasured

SAFETY = 0.6
"""Share of the target that the fastest execution of a plan may take to count as within it: p95 is above it."""

BLOCK_MS = 0.01
"""What a block counts for beside the time measured, with everything cached: where one in ten has to be read, and a
read takes 0.1 ms. Blocks are counted without noise, and grow with the table."""

SLOWER = 1.10
"""Times as long from which on a cell counts as slower; below, it is what two copies of a database differ by."""
SLOWER_MS = 1.0
"""And by so much at least, which somebody could notice."""
FEW, SLOWER_FEW = 3, 1.25
"""Times as long where one of two plans was executed less often: a burst of other work is not seen as such."""

Names = frozenset[str]
NOTHING: Names = frozenset()


def time_ms(plan: PlanMeasured) -> float:
    """How long a plan takes; a timeout counts as twice what was waited for."""
    return 2 * plan.ms if plan.censored else plan.ms


def work_ms(plan: PlanMeasured) -> float:
    """How long it takes, and what its blocks cost where not everything is cached."""
    return time_ms(plan) + BLOCK_MS * plan.counters.buffers


def is_slower(before_ms: float, after_ms: float, times: float = SLOWER) -> bool:
    """Whether it takes longer by more than noise."""
    return after_ms > times * before_ms and after_ms - before_ms >= SLOWER_MS


class Menu:
    """The plans of one cell."""

    def __init__(self, cell: CellTried, target_ms: float, indexes: Collection[str]) -> None:
        self.cell = cell
        self.limit_ms = SAFETY * target_ms
        self.target_ms = target_ms
        self.needs = [frozenset(plan.needs) for plan in cell.plans]
        self._others = [len(needs - frozenset(indexes)) for needs in self.needs]
        self._ranked = sorted(range(len(self.needs)), key=self._rank)
        self._ms = [time_ms(plan) for plan in cell.plans]
        self._work_ms = [work_ms(plan) for plan in cell.plans]
        asked = {frozenset(one.names): one.plan for one in cell.asked}
        self._known = {names: plan for names, plan in asked.items() if plan != self._first(names)}
        self.concerns = NOTHING.union(*self.needs, *self._known)
        """Candidates that change the plan: it names them, or the server took another one with them than this says."""

    def number(self, chosen: Names) -> int:
        """The plan that ``chosen`` gives, as asked, or as it follows from the plans that are known.

        Statistics change the estimates themselves: a plan that rests on them goes before those without. What a foreign
        key's trigger uses is in no estimate: of plans that cost the same, the one that needs most goes first.
        """
        here = chosen & self.concerns
        if here not in self._known:
            self._known[here] = self._first(here)
        return self._known[here]

    def _first(self, here: Names) -> int:
        return next(number for number in self._ranked if self.needs[number] <= here)

    def _rank(self, number: int) -> tuple[int, float, int]:
        return -self._others[number], self.cell.plans[number].cost, -len(self.needs[number])

    def plan(self, chosen: Names) -> PlanMeasured:
        """The same plan."""
        return self.cell.plans[self.number(chosen)]

    def ms(self, chosen: Names) -> float:
        """How long it takes."""
        return self._ms[self.number(chosen)]

    def work_ms(self, chosen: Names) -> float:
        """The work of its plan."""
        return self._work_ms[self.number(chosen)]

    def within(self, chosen: Names) -> bool:
        """Whether it is safely within the target."""
        return self.ms(chosen) <= self.limit_ms

    def easy(self, chosen: Names) -> bool:
        """Whether nobody waits for it: within the target, and so, too, where one block in ten has to be read."""
        return self.within(chosen) and self.work_ms(chosen) <= self.target_ms

    def worth(self, chosen: Names) -> float:
        """What a set is worth here: one for being within the target, and no work at all, in shares of it."""
        return self.within(chosen) - min(self.work_ms(chosen) / self.target_ms, 100.0)

    def moves(self, chosen: Names) -> set[Names]:
        """What could be added at once, so that a plan that is known becomes possible."""
        return {needs - chosen for needs in self.needs} - {NOTHING}

    def slower(self, chosen: Names, than: Names = NOTHING) -> bool:
        """Whether it takes longer by more than noise."""
        few = any(len(self.plan(one).samples_ms) < FEW for one in (than, chosen))
        return is_slower(self.ms(than), self.ms(chosen), SLOWER_FEW if few else SLOWER)


def menus_of(cells: Iterable[CellTried], target_ms: float, indexes: Collection[str]) -> tuple[Menu, ...]:
    """The menus of cells of which a plan was executed."""
    return tuple(Menu(cell, target_ms, indexes) for cell in cells if cell.plans)


def weights_of(menus: Sequence[Menu], weights: Mapping[str, int]) -> list[float]:
    """How much each cell counts: a query as often as the workload says, its classes alike."""
    classes: dict[str, int] = {}
    for menu in menus:
        classes[menu.cell.query] = classes.get(menu.cell.query, 0) + 1
    return [weights.get(menu.cell.query, 1) / classes[menu.cell.query] for menu in menus]
