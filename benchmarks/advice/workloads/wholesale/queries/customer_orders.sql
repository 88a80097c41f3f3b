-- title: Orders of a customer
-- asks: What did this customer order last?
-- tables: orders
-- param customer_id integer: class
-- class hot: SELECT customer_id FROM orders GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
-- class median: SELECT customer_id FROM orders GROUP BY 1 ORDER BY count(*), 1 LIMIT 1 OFFSET 1000
-- class empty: SELECT -1 AS customer_id
SELECT order_id, order_date, status, total_price FROM orders
WHERE customer_id = :customer_id ORDER BY order_date DESC, order_id DESC LIMIT 10;
