-- No row of many shards can be locked by one statement, so that FOR UPDATE SKIP LOCKED is refused. Without it the row is
-- looked at again when it is written: no message goes out twice, but two workers at a time wait for each other.
WITH due AS (
    SELECT organization_id, id
    FROM crm.communications
    WHERE comm_status = 'scheduled'
      AND scheduled_at <= :now
    ORDER BY scheduled_at, organization_id, id
    LIMIT 100
)
UPDATE crm.communications AS c
SET comm_status = 'sending'
FROM due
WHERE c.organization_id = due.organization_id AND c.id = due.id
  AND c.comm_status = 'scheduled'  -- another worker may have taken it meanwhile
RETURNING c.organization_id, c.id, c.lead_id, c.channel, c.scheduled_at;
