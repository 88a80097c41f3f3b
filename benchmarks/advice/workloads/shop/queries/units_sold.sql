-- title: Units sold
-- asks: How often was this product sold, and for how much?
-- tables: order_item
-- param product_id integer: class
-- class hot: SELECT product_id FROM order_item GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
-- class median: SELECT product_id FROM order_item GROUP BY 1 ORDER BY count(*), 1 LIMIT 1 OFFSET 3000
SELECT sum(quantity), sum(quantity * unit_price_cents) FROM order_item WHERE product_id = :product_id;
