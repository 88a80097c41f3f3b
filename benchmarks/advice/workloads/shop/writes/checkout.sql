-- title: Checkout
-- asks: What does it cost to enter 200 items?
-- tables: order_item
-- param last_id bigint: SELECT max(order_item_id) FROM order_item
INSERT INTO order_item
SELECT :last_id + :round * 200 + row_number() OVER (ORDER BY order_item_id), order_id, product_id, quantity,
       unit_price_cents, gift_message
FROM (SELECT * FROM order_item WHERE order_item_id % 200 = 7 ORDER BY order_item_id LIMIT 200) AS model;
