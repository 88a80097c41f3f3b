-- title: Posts of an account
-- asks: What did this account post last?
-- tables: post
-- param author_id integer: class
-- class hot: SELECT author_id FROM post GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
-- class median: SELECT author_id FROM post GROUP BY 1 ORDER BY count(*), 1 LIMIT 1 OFFSET 3000
SELECT post_id, body, created_at FROM post WHERE author_id = :author_id
ORDER BY created_at DESC, post_id DESC LIMIT 20;
