-- title: JSON Tag Search
-- asks: Which 50 leads of this tenant that carry a tag were touched last?
-- tables: crm.leads
-- param organization_id bigint: class
-- param tag text: SELECT coalesce((SELECT t.tag FROM crm.leads AS l
--   CROSS JOIN LATERAL jsonb_array_elements_text(l.tags) AS t(tag)
--   WHERE l.organization_id = :organization_id AND l.deleted_at IS NULL
--   GROUP BY t.tag ORDER BY count(*) DESC, t.tag LIMIT 1), 'no-lead-no-tag')
-- class worst_rare: SELECT l.organization_id, t.tag FROM crm.leads AS l
--   CROSS JOIN LATERAL jsonb_array_elements_text(l.tags) AS t(tag)
--   WHERE l.deleted_at IS NULL AND l.organization_id = (SELECT organization_id FROM crm.leads
--   WHERE deleted_at IS NULL GROUP BY organization_id ORDER BY count(*) DESC, organization_id LIMIT 1)
--   GROUP BY l.organization_id, t.tag ORDER BY count(*), t.tag LIMIT 1
-- why worst_rare: the rarest tag of the largest tenant: walking the newest leads finds it late
-- class worst_absent: SELECT organization_id, 'a tag that no lead carries' AS tag FROM crm.leads
--   WHERE deleted_at IS NULL GROUP BY organization_id ORDER BY count(*) DESC, organization_id LIMIT 1
-- why worst_absent: a tag that no lead carries, in the largest tenant: a walk that finds nothing reads everything
-- class worst_same_moment: SELECT organization_id, tag FROM (
--   SELECT l.organization_id, t.tag, l.updated_at, lag(l.updated_at) OVER w AS newer, row_number() OVER w AS place
--   FROM crm.leads AS l CROSS JOIN LATERAL jsonb_array_elements_text(l.tags) AS t(tag) WHERE l.deleted_at IS NULL
--   WINDOW w AS (PARTITION BY l.organization_id, t.tag ORDER BY l.updated_at DESC, l.id DESC)) AS found
--   ORDER BY coalesce(updated_at = newer, false) DESC, place, organization_id, tag LIMIT 1
-- why worst_same_moment: two leads on the first page that were touched by one statement: only the id orders them
-- expects: leads_tags_gin, leads_org_updated_idx, json_tag_search_two_steps
--
-- The tenant classes ask for the most popular tag of the tenant, where walking the tenant newest first ends soon;
-- the rare and the absent tag need the GIN index. One index alone serves one of the two.
SELECT id, first_name, last_name, company, lead_status, lead_score, tags, updated_at
FROM crm.leads
WHERE organization_id = :organization_id
  AND deleted_at IS NULL
  AND tags @> jsonb_build_array(:tag)
ORDER BY updated_at DESC, id DESC
LIMIT 50;

-- rewrite: json_tag_search_two_steps
-- The newest thousand of the tenant first, in the order of the index, until fifty carry the tag; only if they do not,
-- the GIN index, for all of the tenant. (SELECT ...) around a value hides it from the planner, as in lead_search.
WITH newest AS MATERIALIZED (
    SELECT id, first_name, last_name, company, lead_status, lead_score, tags, updated_at
    FROM (
        SELECT id, first_name, last_name, company, lead_status, lead_score, tags, updated_at
        FROM crm.leads
        WHERE organization_id = (SELECT :organization_id)
          AND deleted_at IS NULL
        ORDER BY updated_at DESC, id DESC
        LIMIT (SELECT 1000)
    ) AS walked
    WHERE tags @> (SELECT jsonb_build_array(:tag))
    ORDER BY updated_at DESC, id DESC
    LIMIT 50
), whole AS MATERIALIZED (
    SELECT id, first_name, last_name, company, lead_status, lead_score, tags, updated_at
    FROM crm.leads
    WHERE (SELECT count(*) FROM newest) < 50
      AND organization_id = (SELECT :organization_id)
      AND deleted_at IS NULL
      AND tags @> (SELECT jsonb_build_array(:tag))
)
SELECT id, first_name, last_name, company, lead_status, lead_score, tags, updated_at
FROM (
    SELECT * FROM newest WHERE (SELECT count(*) FROM newest) = 50
    UNION ALL
    SELECT * FROM whole
) AS found
ORDER BY updated_at DESC, id DESC
LIMIT 50;
