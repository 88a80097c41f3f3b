"""Time on a processor is that of the work, not of waiting."""

from __future__ import annotations

from bench.measurement.processor import processor_ms
from bench.postgres.connection import Connection


def test_waiting_takes_none_and_work_does(admin: Connection) -> None:
    begin = processor_ms(admin)
    admin.execute("SELECT pg_sleep(0.1)")
    slept = processor_ms(admin)
    admin.execute("SELECT sum(n) FROM generate_series(1, 500000) AS n")
    worked = processor_ms(admin)
    assert begin is not None
    assert slept is not None
    assert worked is not None
    assert slept - begin < 50
    assert worked - slept > 5
