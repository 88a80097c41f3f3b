-- title: Shipped in a week
-- asks: How much went out that week, and how?
-- tables: line_item
-- param since date: class
-- class recent: SELECT (max(ship_date) - 30)::text AS since FROM line_item
-- class old: SELECT (min(ship_date) + 200)::text AS since FROM line_item
SELECT ship_mode, count(*), sum(extended_price * (1 - discount)) FROM line_item
WHERE ship_date >= :since AND ship_date < :since + 7 GROUP BY ship_mode ORDER BY ship_mode;
