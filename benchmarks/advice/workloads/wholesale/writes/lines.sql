-- title: Lines entered
-- asks: What does it cost to enter 200 lines?
-- tables: line_item
INSERT INTO line_item
SELECT order_id, 1000 + :round, part_id, supplier_id, quantity, extended_price, discount, tax, return_flag,
       ship_date, ship_mode, comment
FROM (SELECT DISTINCT ON (order_id) * FROM line_item WHERE order_id % 100 = 7 ORDER BY order_id, line_number LIMIT 200) AS model;
