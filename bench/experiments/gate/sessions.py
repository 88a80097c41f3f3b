"""Screen every cell's time, then confirm what looks different in two more sessions on copies made anew."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bench.experiments.gate import times
from bench.experiments.gate.record import Key, Session, Timed
from bench.experiments.gate.timing import OpenSession, Timer

CONTROL_PAIRS = 48
"""Pairs that each control gets at least before the arms are said to agree."""


@dataclass(frozen=True, slots=True)
class Timings:
    """What the sessions gave."""

    timed: Mapping[Key, Timed]
    unclear: frozenset[Key] = frozenset()
    """Cells whose noise could hide the slow-down that the gate promises to see."""
    controls: tuple[float, ...] = ()
    controls_failed: bool = False
    repeats: int = 0
    """Sessions thrown away because the controls disagreed."""


@dataclass(slots=True)
class _Taken:
    sessions: dict[Key, list[Session]]
    unclear: set[Key] = field(default_factory=set)
    controls: tuple[float, ...] = ()
    repeats: int = 0


def time_cells(timer: Timer, keys: Sequence[Key], forced: Collection[Key]) -> Timings:
    """Time ``keys`` on both arms; ``forced`` are confirmed whatever the screen says."""
    taken = _Taken({key: [] for key in keys})
    suspicious: list[Key] = []

    def screen(session: OpenSession) -> None:
        suspicious[:] = _screen(session, keys, taken)

    agreed = _session(timer, keys, "screen", taken, screen)
    suspicious += [key for key in forced if key in taken.sessions and key not in suspicious]
    for number in (1, 2):
        if not (agreed and suspicious):
            break

        def confirm(session: OpenSession, chosen: Sequence[Key] = tuple(suspicious)) -> None:
            _confirm(session, chosen, taken)

        agreed = _session(timer, suspicious, f"confirmation {number}", taken, confirm, reverse=number == 1)
        suspicious = [key for key in suspicious if times.goes_on(times.logs(taken.sessions[key][-1]))]
    return Timings(
        timed={
            key: Timed("cpu" if timer.cpu_clock else "wall", timer.loops[key], tuple(sessions))
            for key, sessions in taken.sessions.items()
            if sessions
        },
        unclear=frozenset(taken.unclear),
        controls=taken.controls,
        controls_failed=not agreed,
        repeats=taken.repeats,
    )


def _session(
    timer: Timer,
    keys: Sequence[Key],
    name: str,
    taken: _Taken,
    measure: Callable[[OpenSession], None],
    *,
    reverse: bool = False,
) -> bool:
    """Run one session, again where the controls disagree; False where they never agree."""
    for attempt in range(1 + times.CONTROL_REPEATS):
        label = f"{name.replace(' ', '')}{attempt}"
        with timer.session(keys, label, reverse=reverse) as session:
            measure(session)
            missing = CONTROL_PAIRS - len(session.logs(session.controls[0]))
            if missing > 0:
                session.take([], missing, "checking the controls")
            taken.controls = session.control_ratios()
            if session.controls_agree():
                for key in keys:
                    taken.sessions[key].append(session.kept(key, name))
                return True
        taken.repeats += 1
    return False


def _screen(session: OpenSession, keys: Sequence[Key], taken: _Taken) -> list[Key]:
    taken.unclear.clear()
    suspicious, left, done = [], list(keys), 0
    for look in times.SCREEN_LOOKS:
        if not left:
            break
        session.take(left, look - done, "comparing times" if not done else "comparing the unsteady")
        done, again = look, []
        for key in left:
            seen = times.screen(session.logs(key), last=look == times.SCREEN_LOOKS[-1])
            if not seen.done:
                again.append(key)
            elif seen.suspicious:
                suspicious.append(key)
            elif seen.unclear:
                taken.unclear.add(key)
        left = again
    return suspicious


def _confirm(session: OpenSession, keys: Sequence[Key], taken: _Taken) -> None:
    left, done = {key: times.confirm_pairs(times.logs(taken.sessions[key][0])) for key in keys}, 0
    for wanted in sorted(set(left.values())):
        session.take([key for key in keys if left[key] >= wanted], wanted - done, "confirming")
        done = wanted
