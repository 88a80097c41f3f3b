-- title: Moderation queue
-- asks: Which open reports are the oldest?
-- tables: abuse_report
SELECT report_id, post_id, reason FROM abuse_report WHERE state = 'open' ORDER BY reported_at, report_id LIMIT 20;
