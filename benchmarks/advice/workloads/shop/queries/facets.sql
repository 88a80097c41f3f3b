-- title: Facets
-- asks: Which products have these attributes?
-- tables: product
-- param wanted jsonb: class
-- class three: SELECT attributes::text AS wanted FROM product ORDER BY product_id LIMIT 1 OFFSET 500
-- class two: SELECT (attributes - 'size')::text AS wanted FROM product ORDER BY product_id LIMIT 1 OFFSET 500
SELECT count(*), min(price_cents), max(price_cents) FROM product WHERE attributes @> :wanted;
