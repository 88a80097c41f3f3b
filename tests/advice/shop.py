"""A shop with the traps of real ones in it: skew, nulls, soft deletes, documents, tenants, quoted names."""

from __future__ import annotations

TABLES = """
CREATE SCHEMA shop;
CREATE TYPE shop.state AS ENUM ('open', 'paid', 'sent', 'returned');
CREATE TABLE shop.customers (
    id bigint PRIMARY KEY, tenant_id int NOT NULL, email varchar(80) NOT NULL, name text NOT NULL, code text NOT NULL,
    deleted_at timestamptz, active boolean NOT NULL, note text, "Home town" text
);
CREATE TABLE shop.orders (
    id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES shop.customers (id), tenant_id int NOT NULL,
    state shop.state NOT NULL, total numeric(10, 2) NOT NULL, placed_at timestamptz NOT NULL, shipped_on timestamp,
    tags text[] NOT NULL, details jsonb NOT NULL, raw json, body text NOT NULL, city text NOT NULL, zip text NOT NULL
);
CREATE TABLE shop.items (
    order_id bigint NOT NULL REFERENCES shop.orders (id) ON DELETE CASCADE, line int NOT NULL, product_id int NOT NULL,
    amount int NOT NULL, PRIMARY KEY (order_id, line)
);
CREATE TABLE shop.events (
    id bigint NOT NULL, at timestamp NOT NULL, kind text NOT NULL, customer_id bigint NOT NULL
) PARTITION BY RANGE (at);
CREATE TABLE shop.events_1 PARTITION OF shop.events FOR VALUES FROM ('2024-01-01') TO ('2024-07-01');
CREATE TABLE shop.events_2 PARTITION OF shop.events FOR VALUES FROM ('2024-07-01') TO ('2025-01-01');
CREATE TABLE shop.countries (id int PRIMARY KEY, name text NOT NULL);
CREATE VIEW shop.open_orders AS SELECT * FROM shop.orders WHERE state = 'open';
CREATE FUNCTION shop.orders_of(customer bigint) RETURNS SETOF shop.orders LANGUAGE sql STABLE
    AS 'SELECT * FROM shop.orders WHERE customer_id = customer';
"""

ROWS = """
INSERT INTO shop.customers
    SELECT n, n % 7, 'user' || n || '@example.com', 'Name ' || n, md5(n::text),
           CASE WHEN n % 20 = 0 THEN timestamptz '2024-01-01' END, n % 50 <> 0, repeat(md5(n::text), 40), 'T' || n % 90
    FROM generate_series(1, 3000) AS n;
INSERT INTO shop.orders
    SELECT n, n * 7919 % 3000 + 1, n * 7919 % 3000 % 7, (CASE WHEN n % 40 = 0 THEN 'open' WHEN n % 3 = 0 THEN 'paid'
           ELSE 'sent' END)::shop.state, n % 1000, timestamptz '2024-01-01' + n * interval '10 minutes',
           timestamp '2024-01-01' + (n * 7919 % 30000) * interval '10 minutes',
           ARRAY['t' || n % 300, 't' || n % 7], jsonb_build_object('channel', 'c' || n % 150, 'n', n), '{}',
           md5(n::text) || ' ' || md5((n * 3)::text) || repeat('x', 40), 'city ' || n % 100, 'zip ' || n % 100
    FROM generate_series(1, 20000) AS n;
INSERT INTO shop.items SELECT n / 2, n % 2, n * 31 % 500, n % 5 FROM generate_series(2, 40001) AS n;
INSERT INTO shop.events SELECT n, timestamp '2024-01-01' + n * interval '25 minutes', 'k' || n % 40, n % 3000
    FROM generate_series(1, 20000) AS n;
INSERT INTO shop.countries SELECT n, 'country ' || n FROM generate_series(1, 20) AS n;
"""
