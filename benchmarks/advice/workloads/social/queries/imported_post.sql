-- title: An imported post
-- asks: Is this post here already?
-- tables: post
-- param external_id text: class
-- class known: SELECT payload ->> 'external_id' AS external_id FROM post ORDER BY post_id LIMIT 1 OFFSET 9000
-- class unknown: SELECT 'ext-none' AS external_id
SELECT post_id, author_id FROM post WHERE payload ->> 'external_id' = :external_id;
