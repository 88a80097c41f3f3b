-- title: Due Communications
-- asks: Which 100 scheduled messages are due now? Mark them as being sent, so that no other worker sends them too.
-- tables: crm.communications
-- param now timestamptz: clock
-- class worst_backlog: SELECT max(scheduled_at) AS now FROM crm.communications WHERE comm_status = 'scheduled'
-- why worst_backlog: the worker was away for a month: more is due than one turn takes
-- class worst_first: SELECT min(scheduled_at) AS now FROM crm.communications WHERE comm_status = 'scheduled'
-- why worst_first: a single message is due, and the rest of its tenant is left alone
-- writes: yes
-- invariant no message is lost between scheduled and sending: SELECT count(*) FROM crm.communications
--   WHERE comm_status IN ('scheduled', 'sending')
-- cross-tenant: One worker sends for everybody, in the order in which messages fall due.
-- expects: communications_due_idx
--
-- scheduled_at stays filled after sending, so the plain index on it finds every message ever sent first.
WITH due AS (
    SELECT organization_id, id
    FROM crm.communications
    WHERE comm_status = 'scheduled'
      AND scheduled_at <= :now
    ORDER BY scheduled_at, organization_id, id
    LIMIT 100
    FOR UPDATE SKIP LOCKED
)
UPDATE crm.communications AS c
SET comm_status = 'sending'
FROM due
WHERE c.organization_id = due.organization_id AND c.id = due.id
RETURNING c.organization_id, c.id, c.lead_id, c.channel, c.scheduled_at;
