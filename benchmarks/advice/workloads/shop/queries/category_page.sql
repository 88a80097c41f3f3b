-- title: Page of a category
-- asks: What are the best rated products of this category, the cheap ones first?
-- tables: product
-- param category_id smallint: class
-- class large: SELECT category_id FROM product GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
-- class small: SELECT category_id FROM product GROUP BY 1 ORDER BY count(*), 1 LIMIT 1
SELECT product_id, name, rating, price_cents FROM product
WHERE category_id = :category_id ORDER BY rating DESC, price_cents, product_id LIMIT 24;
