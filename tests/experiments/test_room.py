"""Whether the copies of a run in turn fit on the disk: what it does where they do not, by sizes alone."""

from __future__ import annotations

import pytest

from bench.errors import DiskFull
from bench.experiments.room import Wanted, in_one_copy, in_the_filled_one, in_turn_bytes

GB = 10**9
ALL = Wanted(kept=True, aa=True, attribute=True)


@pytest.mark.parametrize(
    ("optimized", "wanted", "needed"),
    [
        (None, Wanted(), 2.5),
        (13 * GB, Wanted(), 2.3),
        (None, Wanted(aa=True), 4),
        (None, Wanted(kept=True, aa=True), 5.5),
        (None, Wanted(writes=True), 5.5),
        (None, Wanted(aa=True, attribute=True), 5.5),
        (13 * GB, ALL, 1 + 4 * 1.3),
    ],
)
def test_what_a_run_in_turn_adds_to_a_database_of_ten_gigabytes(
    optimized: int | None, wanted: Wanted, needed: float
) -> None:
    """In filled databases, with 15 % to spare. The copies of A/A are gone before those for the four sides are made."""
    assert in_turn_bytes(10 * GB, optimized, wanted) == round(needed * 10 * GB * 1.15)


@pytest.mark.parametrize(
    ("free", "optimized", "wanted", "one_copy"),
    [
        (None, None, ALL, False),
        (10**15, None, ALL, False),
        (80 * GB, None, ALL, True),
        (80 * GB, 13 * GB, ALL, False),
        (round(28.75 * GB), None, Wanted(), False),
        (round(28.75 * GB) - 1, None, Wanted(), True),
        (0, None, Wanted(), True),
    ],
)
def test_one_copy_is_taken_where_the_others_do_not_fit_and_never_where_nobody_can_look(
    free: int | None, optimized: int | None, wanted: Wanted, one_copy: bool
) -> None:
    assert bool(in_one_copy(free, 10 * GB, optimized, wanted)) is one_copy


def test_the_line_says_what_there_is_and_what_would_do_with_fewer_copies() -> None:
    said = in_one_copy(50 * GB, 10 * GB, None, Wanted(kept=True, aa=True))
    assert "in turn they need about 63.2 GB beside the filled database, and 50.0 GB are free" in said
    assert said.endswith("; 46.0 GB would do with --no-attribution --no-aa")
    assert "would do" not in in_one_copy(40 * GB, 10 * GB, None, Wanted(kept=True, aa=True))
    assert "would do" not in in_one_copy(20 * GB, 10 * GB, None, Wanted())


@pytest.mark.parametrize(
    ("free", "itself"),
    [(None, False), (round(17.25 * GB), False), (round(17.25 * GB) - 1, True), (round(5.75 * GB), True)],
)
def test_the_filled_database_itself_is_measured_where_a_copy_does_not_fit(free: int | None, itself: bool) -> None:
    said = in_the_filled_one(free, 10 * GB)
    assert bool(said) is itself
    assert said.startswith("The filled database itself is measured, and filled anew next time") is itself


def test_a_disk_without_room_for_what_is_added_is_told_at_once() -> None:
    with pytest.raises(DiskFull, match=r"optimizations may add 5\.8 GB to the database, and 5\.0 GB are free"):
        in_the_filled_one(5 * GB, 10 * GB)
