-- title: A line cancelled
-- asks: What does it cost to take a line, with its claims, out of an order?
-- tables: line_item, shipment_claim
-- writes: yes
-- param order_id bigint: class
-- param line_number smallint: class
-- class claimed: SELECT order_id, line_number FROM shipment_claim GROUP BY 1, 2 ORDER BY count(*) DESC, 1, 2 LIMIT 1
-- class median: SELECT order_id, line_number FROM shipment_claim GROUP BY 1, 2 ORDER BY count(*), 1, 2 LIMIT 1 OFFSET 1000
DELETE FROM line_item WHERE order_id = :order_id AND line_number = :line_number;
