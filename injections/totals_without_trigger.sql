-- injection: A trigger of the totals lost
-- kind: database
-- query: pipeline_board
-- caught-by: rows
-- why: The value of one lead of each tenant rose by a cent, and fell back when the trigger was gone: the totals are off.
UPDATE crm.leads SET deal_value_cents = deal_value_cents + 1
WHERE (organization_id, id) IN (SELECT organization_id, max(id) FROM crm.leads
    WHERE deleted_at IS NULL AND deal_value_cents IS NOT NULL GROUP BY organization_id);
SELECT crm_totals.fold();
DROP TRIGGER crm_totals_update ON crm.leads;
UPDATE crm.leads SET deal_value_cents = deal_value_cents - 1
WHERE (organization_id, id) IN (SELECT organization_id, max(id) FROM crm.leads
    WHERE deleted_at IS NULL AND deal_value_cents IS NOT NULL GROUP BY organization_id);
