-- check: orders_per_customer
-- why: a mean of ten, as the scale says; what goes beyond the base belongs to one
SELECT (SELECT count(*) FROM orders WHERE order_id <= :base)::numeric / (SELECT count(*) FROM customers), 5, 11;
