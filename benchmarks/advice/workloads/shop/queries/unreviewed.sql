-- title: Products without a review
-- asks: How many active products, by category, has nobody reviewed?
-- tables: product, review
SELECT p.category_id, count(*) FROM product AS p
WHERE p.active AND NOT EXISTS (SELECT FROM review AS r WHERE r.product_id = p.product_id)
GROUP BY p.category_id ORDER BY p.category_id;
