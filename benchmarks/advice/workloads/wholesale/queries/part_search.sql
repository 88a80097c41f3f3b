-- title: Search of parts
-- asks: Which parts have this in their name?
-- tables: part
-- param pattern text: class
-- class common: SELECT '%goldenrod%' AS pattern
-- class rare: SELECT '%' || substr(name, 3, 12) || '%' AS pattern FROM part ORDER BY part_id LIMIT 1 OFFSET 77
-- class none: SELECT '%quartzite%' AS pattern
SELECT part_id, name, retail_price FROM part WHERE name ILIKE :pattern ORDER BY name, part_id LIMIT 20;
