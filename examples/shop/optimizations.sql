-- optimization: orders_customer_idx
-- category: composite
-- why: the customer's newest orders without reading the others
CREATE INDEX orders_customer_idx ON orders (customer_id, created_at DESC, order_id DESC);

-- optimization: orders_open_idx
-- category: partial
-- why: two orders in a hundred are open
CREATE INDEX orders_open_idx ON orders (status) INCLUDE (total_cents) WHERE status = 'open';
