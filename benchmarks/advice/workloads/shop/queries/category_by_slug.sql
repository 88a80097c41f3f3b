-- title: A category by its slug
-- asks: Which category does this address mean?
-- tables: category
-- param slug text: class
-- class known: SELECT slug FROM category ORDER BY category_id LIMIT 1 OFFSET 10
SELECT category_id, name FROM category WHERE slug = :slug ORDER BY category_id LIMIT 1;
