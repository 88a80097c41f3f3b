"""What the user chose for a pytest run, read from the texts of options and settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bench.errors import PgproofError

Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose."""

    workload: Path
    scale: str
    seed: int
    server: str
    dsn: str | None = field(repr=False)
    home: Path | None
    timeout_s: float


def read_settings(given: Mapping[str, str], base: Mapping[str, Path]) -> Settings:
    """Read the texts of options and settings; ``base`` is the folder that a relative path starts from.

    Raises:
        PgproofError: a text cannot be read.
    """

    def number(name: str, default: str, kind: Callable[[str], Number], least: float) -> Number:
        try:
            value = kind(given[name] or default)
            if value < least:
                raise ValueError
        except ValueError:
            hint = f"give a number from {least:g} up"
            raise PgproofError(f"pgproof_{name} = {given[name]}: not a number that fits", hint=hint) from None
        return value

    return Settings(
        workload=base["workload"] / given["workload"],
        scale=given["scale"],
        seed=number("seed", "1", int, 0),
        server=given["server"] or ("dsn" if given["dsn"] else ""),
        dsn=given["dsn"] or None,
        home=base["home"] / given["home"] if given["home"] else None,
        timeout_s=number("timeout", "30", float, 0.001),
    )
