-- title: Campaign Funnel
-- asks: For each campaign begun in the last year: how many members reached each step, at what rate, and how long did a
--   typical answer take?
-- tables: crm.campaigns, crm.campaign_members
-- param organization_id bigint: class
-- param now timestamptz: clock
-- expects: crm_funnel, campaign_members_answer_idx
SELECT c.id AS campaign_id,
       c.name,
       c.campaign_status,
       count(m.id) AS members,
       count(m.id) FILTER (WHERE m.member_status <> 'queued') AS sent,
       count(m.id) FILTER (WHERE m.member_status = 'bounced') AS bounced,
       count(m.id) FILTER (WHERE m.member_status IN ('opened', 'clicked', 'replied', 'converted')) AS opened,
       count(m.id) FILTER (WHERE m.member_status IN ('clicked', 'replied', 'converted')) AS clicked,
       count(m.id) FILTER (WHERE m.member_status IN ('replied', 'converted')) AS replied,
       count(m.converted_at) AS converted,
       round(100.0 * count(m.converted_at)
             / nullif(count(m.id) FILTER (WHERE m.member_status <> 'queued'), 0), 2) AS converted_percent,
       round(percentile_disc(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM m.responded_at - m.added_at))
             / 3600, 1) AS median_answer_hours
FROM crm.campaigns AS c
LEFT JOIN crm.campaign_members AS m
       ON m.organization_id = c.organization_id AND m.campaign_id = c.id
WHERE c.organization_id = :organization_id
  AND c.campaign_status <> 'draft'
  AND c.starts_on >= (:now AT TIME ZONE 'UTC')::date - 365
GROUP BY c.id, c.name, c.campaign_status
ORDER BY c.id;

-- rewrite: crm_funnel
-- Steps are kept; the typical answer is found by index.
SELECT * FROM crm_funnel.campaign_funnel(:organization_id, :now);
