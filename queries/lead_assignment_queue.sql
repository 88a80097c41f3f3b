-- title: Lead Assignment Queue
-- asks: Which 20 leads that nobody owns yet should be worked next, best score first, oldest first among equals?
-- tables: crm.leads
-- param organization_id bigint: class
-- class worst_empty_queue: SELECT organization_id FROM crm.leads WHERE deleted_at IS NULL
--   GROUP BY organization_id
--   HAVING count(*) FILTER (WHERE assigned_to_id IS NULL AND lead_status IN ('new', 'contacted', 'qualified')) = 0
--   ORDER BY count(*) DESC, organization_id LIMIT 1
-- why worst_empty_queue: the largest tenant in whose queue nobody waits: a search by score finds nothing and goes on
--   to the end
-- class worst_same_moment: SELECT organization_id FROM (
--   SELECT organization_id, lead_score, created_at, lag(lead_score) OVER w AS score_before,
--   lag(created_at) OVER w AS created_before, row_number() OVER w AS place FROM crm.leads
--   WHERE deleted_at IS NULL AND assigned_to_id IS NULL AND lead_status IN ('new', 'contacted', 'qualified')
--   WINDOW w AS (PARTITION BY organization_id ORDER BY lead_score DESC, created_at, id)) AS queue
--   ORDER BY coalesce(lead_score = score_before AND created_at = created_before, false) DESC, place, organization_id
--   LIMIT 1
-- why worst_same_moment: leads of one import and of one score in the queue: only the id orders them
-- expects: leads_queue_idx
--
-- Without an index that fits, the server reads the whole tenant, or walks the global score index through the leads of
-- all the others; a tenant whose queue is empty makes that walk as long as it can get.
SELECT id, first_name, last_name, company, source, lead_status, lead_score, created_at
FROM crm.leads
WHERE organization_id = :organization_id
  AND assigned_to_id IS NULL
  AND deleted_at IS NULL
  AND lead_status IN ('new', 'contacted', 'qualified')
ORDER BY lead_score DESC, created_at, id
LIMIT 20;
