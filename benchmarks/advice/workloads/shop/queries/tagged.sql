-- title: Tagged products
-- asks: Which products carry all of these tags?
-- tables: product
-- param wanted text[]: class
-- class two: SELECT tags[1:2]::text AS wanted FROM product WHERE tags[1] <> tags[2] ORDER BY product_id LIMIT 1 OFFSET 700
-- class none: SELECT '{no-such-tag}' AS wanted
SELECT product_id, name, price_cents FROM product WHERE tags @> :wanted ORDER BY price_cents, product_id LIMIT 24;
