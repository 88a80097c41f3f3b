-- distribution: Orders per customer
-- across: orders of the customer
-- counts: customers
SELECT s.label, count(c.customer_id)
FROM (VALUES (0, 0, '0'), (1, 4, '1–4'), (5, 9, '5–9'), (10, 19, '10–19'), (20, 49, '20–49'), (50, 99, '50–99'),
             (100, 2147483647, '100 or more')) AS s(low, high, label)
LEFT JOIN (SELECT customer_id, count(o.order_id) AS orders
           FROM customers LEFT JOIN orders AS o USING (customer_id)
           GROUP BY customer_id) AS c ON c.orders BETWEEN s.low AND s.high
GROUP BY s.low, s.label
ORDER BY s.low;

-- distribution: Status of orders
-- across: status
-- counts: orders
SELECT status, count(*) FROM orders GROUP BY status ORDER BY count(*) DESC, status;
