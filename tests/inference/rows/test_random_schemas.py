"""Any schema made of these features is filled, obeyed, and filled alike a second time."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bench.postgres.connection import Target
from tests.inference.rows.random_schemas import make
from tests.inference.rows.test_rows import broken, database, fill

EXAMPLES = 4
"""benchmarks/random_schemas.py tries a thousand."""


@given(st.randoms(use_true_random=False))
@settings(
    max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_a_schema_of_chance_is_filled_twice_alike(target: Target, random: Random) -> None:
    chance, contents = make(random), []
    schema = chance.text
    for turn in range(2):
        with database(target, f"pgproof_chance_{turn}", schema, chance.extensions) as connection:
            plan, filled = fill(target, connection, 300)
            assert {one.name: one.left_out for one in plan.tables if one.left_out} == {}, schema
            assert broken(connection) == [], schema
            contents.append(filled)
    assert contents[0] == contents[1], schema
