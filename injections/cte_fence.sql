-- injection: A CTE as an optimization fence
-- kind: query
-- query: json_tag_search
-- caught-by: counters
-- why: The condition on the tag and the LIMIT do not reach into a materialized CTE, so neither index helps.
WITH live AS MATERIALIZED (
    SELECT id, first_name, last_name, company, lead_status, lead_score, tags, updated_at
    FROM crm.leads
    WHERE organization_id = :organization_id
      AND deleted_at IS NULL
)
SELECT id, first_name, last_name, company, lead_status, lead_score, tags, updated_at
FROM live
WHERE tags @> jsonb_build_array(:tag)
ORDER BY updated_at DESC, id DESC
LIMIT 50;
