"""Candidates become blocks that optimizations.sql is made of."""

from __future__ import annotations

from dataclasses import replace

from bench.advice.blocks import blocks_of, text_of
from bench.advice.prices import write_shares
from bench.model import WriteCost, WriteSeen
from bench.model.advice import Candidate
from bench.model.schema import Index
from bench.workload.optimizations import read_optimizations


def candidate(name: str, **more: object) -> Candidate:
    made = Candidate(
        name, "index", "equality", ("public.orders",), f'CREATE INDEX "{name}" ON orders (status)',
        f'DROP INDEX public."{name}"', Index(name, "btree", ("status",), ("status",)), ("open_orders", "gone"),
        "open_orders reads\nall of it",
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def test_the_blocks_are_read_again_as_they_were(tmp_path):
    blocks = blocks_of([candidate("a_idx"), candidate("b idx"), candidate("b-idx")], {"open_orders"})
    file = tmp_path / "optimizations.sql"
    file.write_text(text_of(list(blocks.values()), ("said",), {"a_idx": "Measured: 2 ms -> 1 ms."}))
    read = read_optimizations(file, tmp_path)
    assert [one.name for one in read] == ["a_idx", "b_idx", "b_idx_2"]
    assert {one.category for one in read} == {"index"}
    assert [one.undo for one in read] == [one.undo for one in blocks.values()]
    assert [one.serves for one in read] == [("open_orders",)] * 3
    assert read[0].why == "open_orders reads all of it Measured: 2 ms -> 1 ms."
    assert read[1].statements[0].sql.strip().rstrip(";") == candidate("b idx").ddl


def test_more_log_is_a_share_of_what_is_written_without_any():
    """Each write statement counts alike, and one that a candidate does not concern as nothing."""
    seen = WriteSeen(10, 1, 1000, (1.0,))
    costs = (
        WriteCost("w", "", replace(seen, wal_bytes=1500), seen),
        WriteCost("v", "", seen, seen),
        WriteCost("w", "a", replace(seen, wal_bytes=1500), replace(seen, wal_bytes=1200)),
    )
    assert write_shares(costs) == {"": 0.25, "a": 0.15}
