"""What is forced on every timed connection is recorded beside what the server has by itself."""

from __future__ import annotations

from psycopg.conninfo import make_conninfo

from bench.postgres.servers import TIMED_SETTINGS, ServerHandle
from bench.postgres.servers.record import forced_settings


def test_a_forced_setting_is_kept_with_the_value_that_the_server_has_by_itself(server: ServerHandle) -> None:
    dsn = make_conninfo(server.dsn, options="-c work_mem=64kB -c jit=on -c timezone=Asia/Tokyo")
    found = {one.name: one for one in forced_settings(dsn)}
    assert list(found) == list(TIMED_SETTINGS)
    assert (found["work_mem"].value, found["work_mem"].own, found["work_mem"].kept) == ("16MB", "64kB", False)
    assert (found["jit"].value, found["jit"].own) == ("off", "on")
    assert not found["random_page_cost"].differs, "the embedded server was started with it"
    assert (found["TimeZone".lower()].own, found["timezone"].kept) == ("Asia/Tokyo", True)


def test_what_shapes_the_shown_plan_and_the_compared_text_stays_forced(server: ServerHandle) -> None:
    kept = {one.name for one in forced_settings(server.dsn) if one.kept}
    assert kept == {
        "plan_cache_mode", "synchronous_commit", "timezone", "datestyle", "intervalstyle", "extra_float_digits",
        "bytea_output",
    }  # fmt: skip
