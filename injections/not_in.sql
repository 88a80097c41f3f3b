-- injection: NOT EXISTS turned into NOT IN
-- kind: query
-- query: automation_enrolment
-- caught-by: counters
-- why: NOT IN is never turned into an anti join: the runs of the automation are read again for each lead.
SELECT l.id, l.first_name, l.last_name, l.email, l.lead_score
FROM crm.leads AS l
WHERE l.organization_id = :organization_id
  AND l.deleted_at IS NULL
  AND l.lead_status = 'qualified'
  AND l.custom_fields @> :criteria
  AND l.id NOT IN (
      SELECT r.lead_id
      FROM crm.automation_runs AS r
      WHERE r.organization_id = l.organization_id
        AND r.automation_id = :automation_id
        AND r.lead_id IS NOT NULL
  )
ORDER BY l.lead_score DESC, l.id
LIMIT 500;
