-- title: Suppliers of a region
-- asks: Which nations of the region have how many suppliers?
-- tables: region, nation, supplier
-- param region text: class
-- class any: SELECT name AS region FROM region ORDER BY region_id LIMIT 1
SELECT n.name, n.nation_id, count(s.supplier_id) FROM region AS r JOIN nation AS n ON n.region_id = r.region_id
LEFT JOIN supplier AS s ON s.nation_id = n.nation_id WHERE r.name = :region
GROUP BY n.nation_id ORDER BY n.nation_id;
