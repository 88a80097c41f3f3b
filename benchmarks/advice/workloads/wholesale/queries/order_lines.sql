-- title: Lines of an order
-- asks: What is in this order?
-- tables: line_item, part
-- param order_id bigint: class
-- class hot: SELECT order_id FROM line_item GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
SELECT l.line_number, p.name, l.quantity, l.extended_price FROM line_item AS l JOIN part AS p ON p.part_id = l.part_id
WHERE l.order_id = :order_id ORDER BY l.line_number;
