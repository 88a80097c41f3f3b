-- imitates: json_tag_search
-- wrong: The tenant is bound on the wrong table, and the join condition is missing: the statement mentions the tenant,
--   which satisfies a check that looks for the parameter, and answers with the leads of all tenants.
SELECT l.id, l.first_name, l.last_name, l.company, l.lead_status, l.lead_score, l.tags, l.updated_at
FROM crm.leads AS l
CROSS JOIN crm.organizations AS o
WHERE o.organization_id = :organization_id
  AND l.deleted_at IS NULL
  AND l.tags @> jsonb_build_array(:tag)
ORDER BY l.updated_at DESC, l.id DESC
LIMIT 50;
