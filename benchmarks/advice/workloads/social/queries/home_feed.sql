-- title: Home feed
-- asks: What did those whom this account follows post last?
-- tables: follow, post
-- param follower_id integer: class
-- class hot: SELECT follower_id FROM follow GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
-- class median: SELECT follower_id FROM follow GROUP BY 1 ORDER BY count(*), 1 LIMIT 1 OFFSET 3000
SELECT p.post_id, p.author_id, p.created_at FROM follow AS f JOIN post AS p ON p.author_id = f.followee_id
WHERE f.follower_id = :follower_id ORDER BY p.created_at DESC, p.post_id DESC LIMIT 30;
