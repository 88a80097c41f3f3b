"""Where to connect."""

from __future__ import annotations

from bench.postgres.connection import Target


def test_a_password_is_not_shown() -> None:
    assert "hidden" not in repr(Target("host=h password=hidden"))
