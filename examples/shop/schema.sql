-- A small shop, to show how little a workload of your own needs.
CREATE TABLE customers (
    customer_id bigint PRIMARY KEY,
    email       text NOT NULL UNIQUE,
    country     text NOT NULL
);

CREATE TABLE orders (
    order_id    bigint PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    status      text NOT NULL,
    total_cents bigint NOT NULL CHECK (total_cents >= 0),
    created_at  timestamptz NOT NULL
);

CREATE INDEX orders_created_at_idx ON orders (created_at);
