-- title: Lead Scoring Analysis
-- asks: How do scores spread over temperature and source, how many leads were won there, and how far did scores
--   move in the last 30 days?
-- tables: crm.leads, crm.lead_score_history
-- param organization_id bigint: class
-- param now timestamptz: clock
-- class worst_month_ago: SELECT organization_id, :now - interval '30 days' AS now FROM crm.lead_score_history
--   WHERE created_at >= :now - interval '30 days' GROUP BY organization_id
--   ORDER BY count(*) DESC, organization_id LIMIT 1
-- why worst_month_ago: as of a month ago, where most scores moved since: what came later does not count
-- expects: crm_totals, lead_score_history_org_created_idx
--
-- Score changes are summed per lead before they meet the leads, so that a lead with many changes counts once.
SELECT l.lead_temperature,
       l.source,
       count(*) AS leads,
       round(avg(l.lead_score), 2) AS avg_score,
       percentile_disc(0.9) WITHIN GROUP (ORDER BY l.lead_score) AS p90_score,
       count(*) FILTER (WHERE l.lead_status = 'won') AS won,
       coalesce(sum(l.deal_value_cents) FILTER (WHERE l.lead_status = 'won'), 0) AS won_value_cents,
       count(m.lead_id) AS moved_leads,
       coalesce(sum(m.points) FILTER (WHERE m.points > 0), 0) AS points_up,
       coalesce(sum(m.points) FILTER (WHERE m.points < 0), 0) AS points_down
FROM crm.leads AS l
LEFT JOIN (
    SELECT lead_id, sum(new_score - old_score) AS points
    FROM crm.lead_score_history
    WHERE organization_id = :organization_id
      AND created_at >= :now - interval '30 days'
      AND created_at < :now
    GROUP BY lead_id
) AS m ON m.lead_id = l.id
WHERE l.organization_id = :organization_id
  AND l.deleted_at IS NULL
GROUP BY l.lead_temperature, l.source
ORDER BY l.lead_temperature, l.source;

-- rewrite: crm_totals
-- Groups, and how far they moved, are kept; what changed since the last fold, and what lies at the edges of the window, is
-- read with them.
SELECT lead_temperature, source, leads, avg_score, p90_score, won, won_value_cents, moved_leads, points_up, points_down
FROM crm_totals.lead_scoring(:organization_id, :now)
ORDER BY lead_temperature, source;
