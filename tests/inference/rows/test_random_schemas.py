"""Any schema made of these features is filled, obeyed, and filled alike a second time."""

from __future__ import annotations

from random import Random

import pytest

from bench.postgres.connection import Target
from tests.inference.rows.random_schemas import make
from tests.inference.rows.test_rows import broken, database, fill


@pytest.mark.parametrize("seed", range(4))  # benchmarks/random_schemas.py tries a thousand, these among them
def test_a_schema_of_chance_is_filled_twice_alike(target: Target, seed: int) -> None:
    chance, contents = make(Random(seed)), []
    schema = chance.text
    for turn in range(2):
        with database(target, f"pgproof_chance_{turn}", schema, chance.extensions) as connection:
            plan, filled = fill(target, connection, 300)
            assert {one.name: one.left_out for one in plan.tables if one.left_out} == {}, schema
            assert broken(connection) == [], schema
            contents.append(filled)
    assert contents[0] == contents[1], schema
