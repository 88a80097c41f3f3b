"""A hundred queries over fifty tables, written to a folder: how long does advice take where there is a lot to advise?

    python -m benchmarks.advice.hundred FOLDER

Ten departments of one application, each with five tables and ten queries. They differ in size, in which columns they
have beside the common ones, and in which indexes are there already; rows and parameter classes are inferred.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

DEPARTMENTS = ("sales", "support", "billing", "stock", "fleet", "hr", "legal", "media", "events", "research")
SCHEMA = """
CREATE TABLE {d}_account (
    id bigserial PRIMARY KEY, name text NOT NULL, email text NOT NULL, region text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE TABLE {d}_item (
    id bigserial PRIMARY KEY, sku text NOT NULL, title text NOT NULL, price numeric(10, 2) NOT NULL,
    attributes jsonb NOT NULL, tags text[] NOT NULL
);
CREATE TABLE {d}_document (
    id bigserial PRIMARY KEY, account_id bigint NOT NULL REFERENCES {d}_account,
    status text NOT NULL CHECK (status IN ('draft', 'open', 'done', 'void')),
    total numeric(10, 2) NOT NULL, issued_at timestamptz NOT NULL, closed_at timestamptz, remark text NOT NULL
);
CREATE TABLE {d}_line (
    id bigserial PRIMARY KEY, document_id bigint NOT NULL REFERENCES {d}_document ON DELETE CASCADE,
    item_id bigint NOT NULL REFERENCES {d}_item, quantity int NOT NULL, amount numeric(10, 2) NOT NULL
);
CREATE TABLE {d}_event (
    id bigserial PRIMARY KEY, document_id bigint NOT NULL REFERENCES {d}_document ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('seen', 'sent', 'changed')), detail text NOT NULL,
    happened_at timestamptz NOT NULL
);
"""
THERE = (
    "CREATE INDEX ON {d}_document (account_id);",
    "CREATE INDEX ON {d}_line (document_id);",
    "CREATE INDEX ON {d}_event (document_id);",
    "CREATE INDEX ON {d}_account (email);",
)
QUERIES = {
    "latest": "SELECT id, status, total FROM {d}_document WHERE account_id = $1"
    " ORDER BY issued_at DESC, id DESC LIMIT 20",
    "open_since": "SELECT count(*), sum(total) FROM {d}_document WHERE status = 'open' AND issued_at >= $1",
    "by_email": "SELECT id, name FROM {d}_account WHERE lower(email) = lower($1)",
    "item_sales": "SELECT sum(quantity), sum(amount) FROM {d}_line WHERE item_id = $1",
    "search": "SELECT id, title FROM {d}_item WHERE title ILIKE '%' || $1 || '%' ORDER BY title, id LIMIT 20",
    "with_attributes": "SELECT id, sku FROM {d}_item WHERE attributes @> $1 ORDER BY id LIMIT 20",
    "history": "SELECT e.kind, e.happened_at FROM {d}_event AS e WHERE e.document_id = $1"
    " ORDER BY e.happened_at DESC, e.id",
    "unclosed": "SELECT id, issued_at FROM {d}_document WHERE closed_at IS NULL ORDER BY issued_at, id LIMIT 50",
    "idle": "SELECT a.region, count(*) FROM {d}_account AS a WHERE NOT EXISTS"
    " (SELECT FROM {d}_document AS o WHERE o.account_id = a.id) GROUP BY a.region ORDER BY a.region",
    "lines": "SELECT l.id, i.title, l.amount FROM {d}_line AS l JOIN {d}_item AS i ON i.id = l.item_id"
    " WHERE l.document_id = $1 ORDER BY l.id",
}


def write_hundred(folder: Path) -> None:
    """Write schema.sql and queries.sql."""
    random = Random(16)
    folder.mkdir(parents=True, exist_ok=True)
    schema = "CREATE EXTENSION pg_trgm;\n"
    for name in DEPARTMENTS:
        schema += SCHEMA.format(d=name) + "\n".join(random.sample(THERE, 2)).format(d=name) + "\n"
    (folder / "schema.sql").write_text(schema)
    queries = [f"-- name: {d}_{name}\n{text.format(d=d)};\n" for d in DEPARTMENTS for name, text in QUERIES.items()]
    (folder / "queries.sql").write_text("\n".join(queries))


if __name__ == "__main__":
    write_hundred(Path(sys.argv[1]))
