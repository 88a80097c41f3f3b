-- title: Views today
-- asks: From which devices did people look within the last 20 hours?
-- tables: page_view
-- param now timestamptz: clock
SELECT device, count(*) FROM page_view WHERE viewed_at >= :now - interval '20 hours' GROUP BY device ORDER BY device;
