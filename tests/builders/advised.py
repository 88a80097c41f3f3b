"""The example shop with more that it lacks: what an advice on it adds, takes out, merges, rewrites and cannot help."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from bench.workload import Workload, read
from tests import SHOP

COLUMNS = "    created_at  timestamptz NOT NULL"
TWIN = "\nCREATE INDEX orders_created_at_again_idx ON orders (created_at);\n"
"""Nothing that it answers is not answered by the other."""

QUERIES = {
    # A page far back: what OFFSET skips is read, unless the application hands over the last row that it has seen.
    "paid_page": (
        "SELECT order_id, created_at, total_cents FROM orders WHERE status = 'paid'\n"
        "ORDER BY created_at DESC LIMIT 20 OFFSET :skipped",
        "-- param skipped integer: 0\n-- class deep: SELECT count(*) / 2 AS skipped FROM orders",
    ),
    # Town and zip say the same, which the server does not know: it expects few orders, and asks for each customer.
    "town_revenue": (
        "SELECT c.country, sum(o.total_cents) AS cents FROM orders AS o JOIN customers AS c USING (customer_id)\n"
        "WHERE o.town = :town AND o.zip = :zip GROUP BY c.country ORDER BY c.country",
        "-- param town text: 'town 7'\n-- param zip text: 'zip 7'",
    ),
    # A part of a text: a trigram index finds it, and costs more to write than all others together.
    "note_search": ("SELECT order_id FROM orders WHERE note LIKE '%9f3c%' ORDER BY order_id LIMIT 20", ""),
    "countries": ("SELECT country, count(*) AS customers FROM customers GROUP BY country ORDER BY country", ""),
}  # fmt: skip


def more_shop(folder: Path) -> Workload:
    """The example without its optimizations, with more columns, an index too many and more queries, in ``folder``."""
    shop = Path(shutil.copytree(SHOP, folder / "shop"))
    (shop / "optimizations.sql").unlink()
    for query in shop.glob("queries/*.sql"):
        query.write_text(re.sub(r"^-- expects: .*\n", "", query.read_text(), flags=re.MULTILINE))
    for name, (sql, head) in QUERIES.items():
        title = name.replace("_", " ").capitalize()
        lines = [f"-- title: {title}", f"-- asks: {title}?", "-- tables: orders", *([head] if head else []), sql]
        (shop / "queries" / f"{name}.sql").write_text("\n".join(lines) + ";\n")
    schema, fill = shop / "schema.sql", shop / "dataset" / "fill.sql"
    more = ",\n    town text NOT NULL DEFAULT '', zip text NOT NULL DEFAULT '', note text NOT NULL DEFAULT ''"
    schema.write_text(schema.read_text().replace(COLUMNS, COLUMNS + more) + TWIN)
    text = fill.read_text().replace("total_cents, created_at)", "total_cents, created_at, town, zip, note)")
    ends = "make_interval(mins => (:scale - n)::integer)"
    fill.write_text(text.replace(ends, f"{ends},\n       'town ' || n % 40, 'zip ' || n % 40, left(md5(n::text), 8)"))
    return read(shop)
