-- title: Unread notifications
-- asks: What has this account not read yet?
-- tables: notification
-- param account_id integer: class
-- class hot: SELECT account_id FROM notification GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
-- class median: SELECT account_id FROM notification GROUP BY 1 ORDER BY count(*), 1 LIMIT 1 OFFSET 3000
SELECT notification_id, kind, body FROM notification
WHERE account_id = :account_id AND read_at IS NULL ORDER BY created_at DESC, notification_id DESC LIMIT 20;
