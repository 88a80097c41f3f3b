-- title: A conversation's last weeks
-- asks: What was said within 30 days?
-- tables: message
-- param conversation_id integer: class
-- param now timestamptz: clock
-- class hot: SELECT conversation_id FROM message GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
-- class median: SELECT conversation_id FROM message GROUP BY 1 ORDER BY count(*), 1 LIMIT 1 OFFSET 700
SELECT message_id, sender_id, body, sent_at FROM message
WHERE conversation_id = :conversation_id AND sent_at > :now - interval '30 days' ORDER BY sent_at, message_id;
