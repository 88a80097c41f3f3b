-- title: Open orders
-- asks: How many orders wait, and what are they worth?
-- tables: orders
-- expects: orders_open_idx
SELECT count(*) AS orders, sum(total_cents) AS cents
FROM orders
WHERE status = 'open';
