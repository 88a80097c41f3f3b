-- title: Comments of a post
-- asks: What were the last 20 comments?
-- tables: comment
-- param post_id bigint: class
-- class hot: SELECT post_id FROM comment GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
-- class median: SELECT post_id FROM comment GROUP BY 1 ORDER BY count(*), 1 LIMIT 1 OFFSET 4000
SELECT comment_id, author_id, body, created_at FROM comment
WHERE post_id = :post_id ORDER BY created_at DESC, comment_id DESC LIMIT 20;
