-- title: Order history
-- asks: What did this customer buy, item by item?
-- tables: orders, order_item, product
-- param customer_id integer: class
-- class hot: SELECT customer_id FROM orders WHERE customer_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
SELECT o.order_id, o.placed_at, p.name, i.quantity FROM orders AS o
JOIN order_item AS i ON i.order_id = o.order_id JOIN product AS p ON p.product_id = i.product_id
WHERE o.customer_id = :customer_id ORDER BY o.placed_at DESC, o.order_id, i.order_item_id LIMIT 30;
