-- title: Posts written
-- asks: What does it cost to write 200 posts?
-- tables: post
-- param last_id bigint: SELECT max(post_id) FROM post
INSERT INTO post
SELECT :last_id + :round * 200 + row_number() OVER (ORDER BY post_id), author_id, body, hashtags, payload, created_at
FROM (SELECT * FROM post WHERE post_id % 80 = 7 ORDER BY post_id LIMIT 200) AS model;
