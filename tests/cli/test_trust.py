"""What a workload's SQL may do on a server of ours, as a user meets it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

HEAD = "-- title: T\n-- asks: A?\n"


def test_sql_that_gets_round_the_check_is_refused_by_the_server(pgproof: Callable, shop: Path) -> None:
    hidden = b"COPY orders TO PROGRAM 'true'".hex()
    with (shop / "optimizations.sql").open("a") as file:
        file.write("\n-- optimization: late\n-- category: setting\n-- why: w\n-- undo: SELECT 1\n")
        file.write(f"DO $$ BEGIN EXECUTE convert_from(decode('{hidden}', 'hex'), 'UTF8'); END $$;\n")
    status, printed = pgproof("run", shop, "--scale", "1k")
    assert status == 2
    assert "optimizations.sql:17: permission denied to COPY to or from an external program" in " ".join(printed.split())
    assert "docs/security.md" in printed
    assert "Traceback" not in printed


def test_a_workload_that_is_trusted_reaches_the_server_s_files(pgproof: Callable, shop: Path) -> None:
    (shop / "queries" / "version.sql").write_text(f"{HEAD}SELECT pg_read_file('PG_VERSION')")
    only = ("run", shop, "--scale", "1k", "--query", "version")
    assert pgproof(*only)[0] == 2
    status, printed = pgproof(*only, "--allow-cluster-sql")
    assert status == 0, printed
