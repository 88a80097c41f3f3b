-- injection: Late rows that nobody notes
-- kind: database
-- query: organization_health_metrics
-- caught-by: rows
-- why: A counted call of each tenant was dated back, and forth again without the trigger that notes its day.
CREATE TEMPORARY TABLE moved AS
SELECT organization_id, max(id) AS id
FROM crm.communications
WHERE created_at < (SELECT counted_until - interval '1 day' FROM crm_agg.watermark)
GROUP BY organization_id;
UPDATE crm.communications SET created_at = created_at - interval '40 days'
WHERE (organization_id, id) IN (SELECT organization_id, id FROM moved);
CALL crm_agg.refresh();
DROP TRIGGER late_update ON crm.communications;
UPDATE crm.communications SET created_at = created_at + interval '40 days'
WHERE (organization_id, id) IN (SELECT organization_id, id FROM moved);
