-- title: Heartbeats
-- asks: What does it cost to note that 500 sessions are alive?
-- tables: device_session
-- param now timestamptz: clock
UPDATE device_session SET last_seen_at = :now + :round * interval '1 second' WHERE session_id % 20 = :round % 20;
