-- title: Followers counted
-- asks: How many follow this account, and since when?
-- tables: follow
-- param followee_id integer: class
-- class hot: SELECT followee_id FROM follow GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
-- class median: SELECT followee_id FROM follow GROUP BY 1 ORDER BY count(*), 1 LIMIT 1 OFFSET 2000
SELECT count(*), min(created_at) FROM follow WHERE followee_id = :followee_id;
