-- title: Stock moved
-- asks: How has the stock of this product changed within 60 days?
-- tables: stock_movement
-- param product_id integer: class
-- param now timestamptz: clock
-- class hot: SELECT product_id FROM stock_movement GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
-- class median: SELECT product_id FROM stock_movement GROUP BY 1 ORDER BY count(*), 1 LIMIT 1 OFFSET 3000
SELECT warehouse, sum(delta) FROM stock_movement
WHERE product_id = :product_id AND moved_at >= :now - interval '60 days' GROUP BY warehouse ORDER BY warehouse;
