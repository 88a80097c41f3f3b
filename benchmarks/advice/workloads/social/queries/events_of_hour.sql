-- title: Events of two hours
-- asks: What did people do then?
-- tables: event_log
-- param since timestamptz: class
-- class recent: SELECT (max(occurred_at) - interval '5 hours')::text AS since FROM event_log
-- class old: SELECT (min(occurred_at) + interval '50 hours')::text AS since FROM event_log
SELECT kind, count(DISTINCT account_id) FROM event_log
WHERE occurred_at >= :since AND occurred_at < :since + interval '2 hours' GROUP BY kind ORDER BY kind;
