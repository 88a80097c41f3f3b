-- title: Stock of a brand
-- asks: What does the stock of this brand, in its packaging, cost?
-- tables: part, part_supplier
-- param maker text: class
-- param brand text: class
-- param packaging text: class
-- class largest: SELECT maker, brand, packaging FROM part GROUP BY 1, 2, 3 ORDER BY count(*) DESC, 2 LIMIT 1
-- class smallest: SELECT maker, brand, packaging FROM part GROUP BY 1, 2, 3 ORDER BY count(*), 2 LIMIT 1
SELECT count(*), sum(s.available_quantity * s.supply_cost)
FROM part AS p JOIN part_supplier AS s ON s.part_id = p.part_id
WHERE p.maker = :maker AND p.brand = :brand AND p.packaging = :packaging;
