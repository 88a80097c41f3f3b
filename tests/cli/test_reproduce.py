"""``pgproof reproduce``: the session that it prints is one that psql carries out, and it sees what the run saw."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from bench.postgres.servers import ServerOptions, open_server
from tests import SHOP


def test_a_cell_is_repeated_by_hand_and_by_itself(pgproof: Callable, tmp_path: Path, cli_home: Path) -> None:
    run = tmp_path / "reports" / "latest"
    assert pgproof("run", SHOP, "--scale", "2k", "--query", "latest_orders", "--keep")[0] == 0
    status, printed = pgproof("reproduce", run, "latest_orders[hot]")
    assert status == 0, printed
    script = tmp_path / "session.sql"
    script.write_text(printed)
    with open_server("embedded", ServerOptions(home=cli_home)) as server:
        assert server.bin_dir
        command = [server.bin_dir / "psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", script, server.dsn]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Index Scan using orders_customer_idx" in done.stdout
    assert "(10 rows)" in done.stdout
    status, printed = pgproof("reproduce", run, "latest_orders/hot", "--execute")
    assert status == 0, printed
    assert "Index Scan using orders_customer_idx" in printed
    assert "median of 15: " in printed
    assert "; in the run, of 3: " in printed
    status, printed = pgproof("reproduce", run, "latest_order/hot")
    assert (status, "did you mean latest_orders/hot" in printed) == (2, True)
    status, printed = pgproof("reproduce", run, "latest_orders/hot", "--binding", "7")
    assert (status, "has 1 binding" in printed) == (2, True)
    pgproof("cache clear")
    status, printed = pgproof("reproduce", run, "latest_orders/hot", "--execute")
    assert (status, "is not there any more" in printed) == (2, True)


def test_a_cell_of_a_run_of_one_state_is_repeated_too(pgproof: Callable, shop: Path, tmp_path: Path) -> None:
    (shop / "optimizations.sql").unlink()
    for query in (shop / "queries").glob("*.sql"):
        query.write_text("".join(one for one in query.open() if not one.startswith("-- expects: ")))
    status, printed = pgproof("run", shop, "--scale", "1k", "--query", "latest_orders", "--keep")
    assert (status, "kept database: " in printed) == (0, True), printed
    run = tmp_path / "reports" / "latest"
    status, printed = pgproof("reproduce", run, "latest_orders/hot", "--execute")
    assert (status, "; in the run, of " in printed) == (0, True), printed
    status, printed = pgproof("reproduce", run, "latest_orders/hot", "--state", "after")
    assert (status, "the run has no optimizations" in printed) == (2, True)
    pgproof("cache clear")
