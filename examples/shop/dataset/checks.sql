-- check: orders_per_customer
-- why: a mean of ten, as the scale says
SELECT (SELECT count(*) FROM orders)::numeric / (SELECT count(*) FROM customers), 5, 11;
