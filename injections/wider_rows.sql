-- injection: One column more
-- kind: query
-- query: lead_scoring_analysis
-- rows: other
-- caught-by: counters
-- why: The covering index does not hold updated_at, so every lead is fetched from the table.
SELECT l.lead_temperature,
       l.source,
       count(*) AS leads,
       max(l.updated_at) AS last_change,
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
