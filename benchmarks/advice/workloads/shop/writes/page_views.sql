-- title: Pages viewed
-- asks: What does it cost to note 500 views?
-- tables: page_view
-- param last_id bigint: SELECT max(page_view_id) FROM page_view
-- param now timestamptz: clock
INSERT INTO page_view
SELECT :last_id + :round * 500 + n, 1 + n % 1000, 'phone', :now + n * interval '1 second'
FROM generate_series(1, 500) AS n;
