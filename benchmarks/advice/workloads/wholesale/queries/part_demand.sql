-- title: Demand for a part
-- asks: How many of this part were sold, and for how much?
-- tables: line_item
-- param part_id integer: class
-- class hot: SELECT part_id FROM line_item GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
-- class median: SELECT part_id FROM line_item GROUP BY 1 ORDER BY count(*), 1 LIMIT 1 OFFSET 2000
SELECT sum(quantity), sum(extended_price) FROM line_item WHERE part_id = :part_id;
