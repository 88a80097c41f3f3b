-- injection: A join turned into a correlated subquery
-- kind: query
-- query: lead_scoring_analysis
-- caught-by: counters
-- why: The score changes are looked up lead by lead instead of being summed in one pass.
SELECT l.lead_temperature,
       l.source,
       count(*) AS leads,
       round(avg(l.lead_score), 2) AS avg_score,
       percentile_disc(0.9) WITHIN GROUP (ORDER BY l.lead_score) AS p90_score,
       count(*) FILTER (WHERE l.lead_status = 'won') AS won,
       coalesce(sum(l.deal_value_cents) FILTER (WHERE l.lead_status = 'won'), 0) AS won_value_cents,
       count(l.points) AS moved_leads,
       coalesce(sum(l.points) FILTER (WHERE l.points > 0), 0) AS points_up,
       coalesce(sum(l.points) FILTER (WHERE l.points < 0), 0) AS points_down
FROM (
    SELECT lead_temperature, source, lead_score, lead_status, deal_value_cents,
           (SELECT sum(h.new_score - h.old_score)
            FROM crm.lead_score_history AS h
            WHERE h.organization_id = :organization_id
              AND h.lead_id = leads.id
              AND h.created_at >= :now - interval '30 days'
              AND h.created_at < :now) AS points
    FROM crm.leads
    WHERE organization_id = :organization_id
      AND deleted_at IS NULL
    OFFSET 0
) AS l
GROUP BY l.lead_temperature, l.source
ORDER BY l.lead_temperature, l.source;
