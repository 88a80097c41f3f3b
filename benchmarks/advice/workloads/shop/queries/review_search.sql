-- title: Search of reviews
-- asks: Which reviews speak of this?
-- tables: review
-- param words text: class
-- class alarming: SELECT 'sparks' AS words
-- class two: SELECT 'leaks zipper' AS words
SELECT review_id, product_id, stars FROM review
WHERE to_tsvector('english', body) @@ plainto_tsquery('english', :words) ORDER BY created_at DESC, review_id LIMIT 20;
