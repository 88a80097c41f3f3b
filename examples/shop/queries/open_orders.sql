-- How many orders wait, and what are they worth?
SELECT count(*) AS orders, sum(total_cents) AS cents
FROM orders
WHERE status = 'open';
