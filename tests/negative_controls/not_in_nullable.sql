-- imitates: automation_enrolment
-- wrong: NOT IN over a nullable column. A scheduled run has no lead; with one NULL in the list the condition is never
--   true and nobody is enrolled. Very fast, and wrong.
SELECT l.id, l.first_name, l.last_name, l.email, l.lead_score
FROM crm.leads AS l
WHERE l.organization_id = :organization_id
  AND l.deleted_at IS NULL
  AND l.lead_status = 'qualified'
  AND l.custom_fields @> :criteria
  AND l.id NOT IN (
      SELECT r.lead_id
      FROM crm.automation_runs AS r
      WHERE r.organization_id = :organization_id
        AND r.automation_id = :automation_id
  )
ORDER BY l.lead_score DESC, l.id
LIMIT 500;
