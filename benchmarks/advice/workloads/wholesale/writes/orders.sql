-- title: Orders entered
-- asks: What does it cost to enter 200 orders?
-- tables: orders
-- param last_id bigint: SELECT max(order_id) FROM orders
INSERT INTO orders
SELECT :last_id + :round * 200 + row_number() OVER (ORDER BY order_id), customer_id, status, total_price, order_date,
       clerk, comment
FROM (SELECT * FROM orders WHERE order_id % 100 = 7 ORDER BY order_id LIMIT 200) AS model;
