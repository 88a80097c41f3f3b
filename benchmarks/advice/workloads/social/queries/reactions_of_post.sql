-- title: Reactions to a post
-- asks: How many reacted, and how?
-- tables: reaction
-- param post_id bigint: class
-- class hot: SELECT post_id FROM reaction GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
SELECT kind, count(*) FROM reaction WHERE post_id = :post_id GROUP BY kind ORDER BY kind;
