-- title: A supplier's month
-- asks: What did this supplier ship within 30 days?
-- tables: line_item
-- param supplier_id integer: class
-- param since date: class
-- class hot: SELECT supplier_id, (max(ship_date) - 300)::text AS since FROM line_item GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
-- class median: SELECT supplier_id, (max(ship_date) - 300)::text AS since FROM line_item GROUP BY 1 ORDER BY count(*), 1 LIMIT 1 OFFSET 150
SELECT order_id, line_number, ship_date, quantity, extended_price FROM line_item
WHERE supplier_id = :supplier_id AND ship_date >= :since AND ship_date < :since + 30
ORDER BY ship_date, order_id, line_number;
