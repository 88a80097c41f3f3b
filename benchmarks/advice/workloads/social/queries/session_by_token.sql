-- title: A session by its token
-- asks: Who sends this request?
-- tables: device_session
-- param token text: class
-- class known: SELECT token FROM device_session ORDER BY session_id LIMIT 1 OFFSET 5000
-- class unknown: SELECT repeat('0', 96) AS token
SELECT session_id, account_id FROM device_session WHERE token = :token;
