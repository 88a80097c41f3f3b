-- Who the queries are asked for.
-- class hot: the customer with the most orders
-- class median: the customer in the middle of those who bought, by number of orders
-- class empty: a customer without an order
WITH counted AS (
    SELECT c.customer_id, count(o.order_id) AS orders
    FROM customers AS c
    LEFT JOIN orders AS o USING (customer_id)
    GROUP BY c.customer_id
), placed AS (
    SELECT customer_id, orders, row_number() OVER (ORDER BY orders DESC, customer_id) AS place, count(*) OVER () AS buyers
    FROM counted
    WHERE orders > 0
)
SELECT 'hot' AS class, customer_id, orders || ' orders' AS about FROM placed WHERE place = 1
UNION ALL
SELECT 'median', customer_id, orders || ' orders' FROM placed WHERE place = greatest(1, buyers / 2)
UNION ALL
SELECT 'empty', min(customer_id), 'no order' FROM counted WHERE orders = 0 HAVING count(*) > 0;
