-- title: Pending orders
-- asks: Which pending orders are the oldest?
-- tables: orders
SELECT order_id, customer_id, order_date, total_price FROM orders
WHERE status = 'P' ORDER BY order_date, order_id LIMIT 50;
