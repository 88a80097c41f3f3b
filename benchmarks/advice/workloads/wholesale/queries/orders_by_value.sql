-- title: Orders by value, page by page
-- asks: Which orders come next below this one?
-- tables: orders
-- param price numeric: class
-- param order_id bigint: class
-- class early: SELECT total_price AS price, order_id FROM orders ORDER BY 1 DESC, 2 DESC LIMIT 1 OFFSET 20
-- class deep: SELECT total_price AS price, order_id FROM orders ORDER BY 1 DESC, 2 DESC LIMIT 1 OFFSET 20000
SELECT order_id, total_price, customer_id FROM orders WHERE (total_price, order_id) < (:price, :order_id)
ORDER BY total_price DESC, order_id DESC LIMIT 20;
