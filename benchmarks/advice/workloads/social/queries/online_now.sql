-- title: Online now
-- asks: How many were here within the last 50 minutes?
-- tables: device_session
-- param now timestamptz: clock
SELECT count(DISTINCT account_id) FROM device_session WHERE last_seen_at > :now - interval '50 minutes';
