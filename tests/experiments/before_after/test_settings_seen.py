"""Settings are shown in plain units, with who chose them and why; a reason only where it is the true one."""

from __future__ import annotations

import pytest

from bench.experiments.before_after.settings_seen import CONNECTION, PGPROOF, SERVER, plain, settings_seen
from bench.model import Server
from bench.postgres.catalog import own_sql
from bench.settings import PARTS


def seen(name: str, value: str, kind: str = "embedded"):
    (found,) = settings_seen(Server(kind, "18.1", 180001, {name: value}))
    return found


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        ("131072 8kB", "1 GB"), ("16384 kB", "16 MB"), ("3600 s", "1 h"), ("90 s", "90 s"), ("1500 ms", "1500 ms"),
        ("0 kB", "0 kB"), ("-1 ms", "-1 ms"), ("8192", "8192"), ("1.1", "1.1"), ("off", "off"), ("%m [%p]", "%m [%p]"),
    ],
)  # fmt: skip
def test_a_quantity_has_the_largest_unit_that_leaves_it_whole(recorded: str, shown: str) -> None:
    assert plain(recorded) == shown


def test_a_setting_of_ours_has_its_reason() -> None:
    found = seen("checkpoint_timeout", "3600 s")
    assert (found.chosen_by, found.value) == (PGPROOF, "1 h")
    assert found.why == "with max_wal_size; pgproof itself checkpoints before it measures"


def test_small_machines_have_smaller_buffers_for_the_same_reason() -> None:
    assert seen("shared_buffers", "32768 8kB").chosen_by == PGPROOF


def test_another_value_than_ours_was_chosen_by_somebody_else() -> None:
    found = seen("shared_buffers", "16384 8kB")
    assert (found.value, found.chosen_by, found.why) == ("128 MB", SERVER, "")


def test_an_existing_server_keeps_its_own_but_for_the_session() -> None:
    assert seen("wal_level", "replica", kind="dsn").chosen_by == SERVER
    assert seen("fsync", "on", kind="dsn").why == ""
    assert seen("jit", "off", kind="dsn").chosen_by == CONNECTION


def test_every_recorded_setting_of_ours_has_a_reason_that_stands_alone() -> None:
    recorded = own_sql("list_settings")
    ours = [one for part in PARTS.values() for one in part if f"'{one.name}'" in recorded]
    assert len(ours) > 10
    assert [one.name for one in ours if "as above" in one.reason] == []
