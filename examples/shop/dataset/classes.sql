-- Who the queries are asked for: the best customer, a median one, one without an order.
WITH counted AS (
    SELECT c.customer_id, count(o.order_id) AS orders
    FROM customers AS c
    LEFT JOIN orders AS o USING (customer_id)
    GROUP BY c.customer_id
), placed AS (
    SELECT customer_id, row_number() OVER (ORDER BY orders DESC, customer_id) AS place, count(*) OVER () AS buyers
    FROM counted
    WHERE orders > 0
)
SELECT 'hot' AS class, customer_id FROM placed WHERE place = 1
UNION ALL
SELECT 'median', customer_id FROM placed WHERE place = greatest(1, buyers / 2)
UNION ALL
SELECT 'empty', min(customer_id) FROM counted WHERE orders = 0 HAVING count(*) > 0;
