-- title: Posts with a hashtag
-- asks: What are the newest posts with both of these hashtags?
-- tables: post
-- param wanted text[]: class
-- class two: SELECT hashtags::text AS wanted FROM post WHERE hashtags[1] <> hashtags[2] ORDER BY post_id LIMIT 1 OFFSET 900
-- class none: SELECT '{#nothing}' AS wanted
SELECT post_id, author_id, created_at FROM post WHERE hashtags @> :wanted ORDER BY created_at DESC, post_id LIMIT 20;
