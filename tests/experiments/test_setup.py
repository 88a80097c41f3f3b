"""The state after is made once for a dataset and its optimizations, and copied from then on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import ServerError
from bench.experiments.setup import prepared
from bench.model import DistributedTable
from bench.postgres.databases import OPTIMIZED_FROM, own_databases
from bench.postgres.servers import ServerHandle
from bench.workload import read
from tests.builders.shops import changed, setup_of

pytestmark = pytest.mark.usefixtures("_templates_go")


def test_the_second_state_after_is_a_copy_of_the_first_with_what_building_it_took(
    server: ServerHandle, shop: Path
) -> None:
    with prepared(setup_of(read(shop), 1000), server) as setup:
        first, second = (setup.after(setup.name(label)) for label in ("one", "two"))
        assert (first[1], second[0]) == ("", first[0])
        assert second[1].startswith("20")
        with setup.target.connect(setup.name("two")) as copy:
            assert copy.execute("SELECT count(*) FROM pg_class WHERE relname = 'orders_customer_idx'").fetchone() == (
                1,
            )


def test_another_text_or_reason_of_a_block_is_applied_anew(server: ServerHandle, shop: Path) -> None:
    with prepared(setup_of(read(shop), 1000), server) as setup:
        setup.after(setup.name("one"))
        for old, new in (("created_at DESC, order_id DESC", "created_at"), ("-- why: ", "-- why: Or so. ")):
            other = replace(
                setup, options=replace(setup.options, workload=changed(shop, "optimizations.sql", old, new))
            )
            assert other.after(setup.name("two"))[1] == ""


def test_what_knows_one_server_alone_says_so_before_anything_is_made(server: ServerHandle, shop: Path) -> None:
    cluster = replace(server, capabilities=replace(server.capabilities, spreads_tables=True))
    spread = replace(read(shop), distribution=(DistributedTable("orders", "customer_id"),), name="spread")
    told = "pgproof traps works on one server, and distribution.sql spreads this workload over a Citus cluster"
    with (
        pytest.raises(ServerError) as error,
        prepared(setup_of(spread, 1000), cluster, one_server="pgproof traps"),
    ):
        pass
    assert error.value.message == told
    assert "without the extension citus" in error.value.hint


def test_what_does_not_fit_into_the_cache_is_not_kept(server: ServerHandle, shop: Path) -> None:
    workload = changed(shop, "optimizations.sql", "-- why: ", "-- why: To be seen once. ")
    with prepared(replace(setup_of(workload, 1000), cache_limit_bytes=0), server) as setup:
        assert [setup.after(setup.name(label))[1] for label in ("one", "two")] == ["", ""]
        kept = [one for one in own_databases(setup.admin) if one.about.get(OPTIMIZED_FROM) == setup.template]
    assert kept == []
