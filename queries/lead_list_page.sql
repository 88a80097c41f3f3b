-- title: Lead List, Page by Page
-- asks: Which 50 leads stand on this page of the tenant's list, newest first?
-- tables: crm.leads
-- param organization_id bigint: class
-- param page_offset bigint: 0
-- class worst_deep_page: SELECT organization_id, count(*) / 2 AS page_offset FROM crm.leads
--   WHERE deleted_at IS NULL GROUP BY organization_id ORDER BY count(*) DESC, organization_id LIMIT 1
-- why worst_deep_page: the page in the middle of the longest list: OFFSET reads what it skips
-- class worst_same_moment: SELECT organization_id, greatest(place - 25, 0) AS page_offset FROM (
--   SELECT organization_id, created_at, lag(created_at) OVER w AS newer, row_number() OVER w AS place
--   FROM crm.leads WHERE deleted_at IS NULL
--   WINDOW w AS (PARTITION BY organization_id ORDER BY created_at DESC, id DESC)) AS list
--   ORDER BY coalesce(created_at = newer, false) DESC, organization_id, place LIMIT 1
-- why worst_same_moment: a page in the middle of an import: only the id orders its leads
-- expects: crm_totals, leads_org_created_idx
--
-- Import batches share one created_at to the microsecond; without the id as tie-break a lead would appear on two pages
-- or on none. OFFSET still reads what it skips: the deep page, in the middle of the largest list, gains less than the
-- first one.
SELECT id, first_name, last_name, company, email, source, lead_status, lead_temperature, lead_score,
       assigned_to_id, created_at
FROM crm.leads
WHERE organization_id = :organization_id
  AND deleted_at IS NULL
ORDER BY created_at DESC, id DESC
LIMIT 50 OFFSET :page_offset;

-- rewrite: crm_totals
-- How many leads each day has is kept: OFFSET skips no more than those of the day on which the page begins.
SELECT id, first_name, last_name, company, email, source, lead_status, lead_temperature, lead_score, assigned_to_id, created_at
FROM crm_totals.lead_list_page(:organization_id, :page_offset)
ORDER BY created_at DESC, id DESC;
