-- injection: A costly expression in a filter
-- kind: query
-- query: lead_list_page
-- caught-by: time
-- why: Pure computing: a hash for each lead that is passed over, with the same plan, the same pages and the same rows.
SELECT id, first_name, last_name, company, email, source, lead_status, lead_temperature, lead_score,
       assigned_to_id, created_at
FROM crm.leads
WHERE organization_id = :organization_id
  AND deleted_at IS NULL
  AND md5(lower(coalesce(email, ''))) <> md5('nobody@example.org')
ORDER BY created_at DESC, id DESC
LIMIT 50 OFFSET :page_offset;
