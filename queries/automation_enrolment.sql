-- title: Automation Enrolment
-- asks: Which qualified leads that match a custom-field value has this automation never run for? The best 500.
-- tables: crm.leads, crm.automation_runs
-- param organization_id bigint: class
-- param automation_id bigint: SELECT coalesce((SELECT automation_id FROM crm.automation_runs
--   WHERE organization_id = :organization_id GROUP BY automation_id
--   ORDER BY bool_or(lead_id IS NULL) DESC, count(*) DESC, automation_id LIMIT 1), 0)
-- param criteria jsonb: SELECT coalesce((SELECT jsonb_build_object(f.key, f.value) FROM crm.leads AS l
--   CROSS JOIN LATERAL jsonb_each(l.custom_fields) AS f
--   WHERE l.organization_id = :organization_id AND l.deleted_at IS NULL AND l.lead_status = 'qualified'
--   GROUP BY f.key, f.value ORDER BY count(*) DESC, f.key, f.value::text LIMIT 1), '{"industry": "none"}')
-- class worst_near_unique: SELECT organization_id,
--   jsonb_build_object('crm_ref', custom_fields -> 'crm_ref') AS criteria
--   FROM crm.leads WHERE deleted_at IS NULL AND custom_fields ? 'crm_ref' AND organization_id = (
--   SELECT organization_id FROM crm.leads WHERE deleted_at IS NULL
--   GROUP BY organization_id ORDER BY count(*) DESC, organization_id LIMIT 1)
--   ORDER BY lead_status <> 'qualified', id LIMIT 1
-- why worst_near_unique: a criterion that nearly every lead answers differently, in the largest tenant: few rows to
--   find among the most
-- class worst_everybody: SELECT l.organization_id, a.id AS automation_id, '{}' AS criteria FROM crm.leads AS l
--   JOIN crm.automations AS a ON a.organization_id = l.organization_id WHERE l.lead_status = 'qualified'
--   AND NOT EXISTS (SELECT FROM crm.automation_runs AS r
--   WHERE r.organization_id = l.organization_id AND r.automation_id = a.id AND r.lead_id = l.id)
--   GROUP BY l.organization_id, a.id ORDER BY count(l.deleted_at) DESC, count(*) DESC, l.organization_id, a.id LIMIT 1
-- why worst_everybody: no criterion, so that every qualified lead matches, and an automation that most of those that
--   have been deleted never met
-- expects: automation_runs_org_automation_lead_idx, leads_org_status_score_idx
--
-- NOT EXISTS and not NOT IN: a scheduled run has no lead, and one NULL makes NOT IN answer nothing at all. The
-- automation chosen is the busiest of those that have such runs.
SELECT l.id, l.first_name, l.last_name, l.email, l.lead_score
FROM crm.leads AS l
WHERE l.organization_id = :organization_id
  AND l.deleted_at IS NULL
  AND l.lead_status = 'qualified'
  AND l.custom_fields @> :criteria
  AND NOT EXISTS (
      SELECT FROM crm.automation_runs AS r
      WHERE r.organization_id = l.organization_id
        AND r.automation_id = :automation_id
        AND r.lead_id = l.id
  )
ORDER BY l.lead_score DESC, l.id
LIMIT 500;
