-- title: Pricing summary
-- asks: What was sold, by what became of it, up to three months ago?
-- tables: line_item
SELECT return_flag, count(*), sum(quantity), sum(extended_price), sum(extended_price * (1 - discount)), avg(discount)
FROM line_item WHERE ship_date <= date '2025-10-01' GROUP BY return_flag ORDER BY return_flag;
