-- rewrite: json_tag_search_two_steps
-- In one step: a shard is asked as on one server before.
SELECT id, first_name, last_name, company, lead_status, lead_score, tags, updated_at
FROM crm.leads
WHERE organization_id = :organization_id
  AND deleted_at IS NULL
  AND tags @> jsonb_build_array(:tag)
ORDER BY updated_at DESC, id DESC
LIMIT 50;
