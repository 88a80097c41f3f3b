-- imitates: organization_health_metrics
-- wrong: Joins four children of the tenant side by side and counts afterwards. Every number is multiplied by the
--   number of rows of the other children, and a timing alone would not notice.
SELECT o.organization_id,
       count(u.id) FILTER (WHERE u.is_active) AS active_users,
       count(l.id) AS live_leads,
       count(l.id) FILTER (WHERE l.lead_temperature = 'hot'
           AND (l.last_contacted_at IS NULL OR l.last_contacted_at < :now - interval '14 days')) AS hot_untouched_14d,
       count(c.id) AS communications_30d,
       (SELECT count(*)
        FROM crm.activity_log
        WHERE organization_id = :organization_id
          AND created_at >= (date_trunc('day', :now AT TIME ZONE 'UTC') - interval '30 days') AT TIME ZONE 'UTC'
          AND created_at < :now) AS activities_30d,
       count(r.id) AS failed_runs_7d,
       (SELECT max(created_at)
        FROM crm.activity_log
        WHERE organization_id = :organization_id AND created_at < :now) AS last_activity_at
FROM crm.organizations AS o
LEFT JOIN crm.users AS u
       ON u.organization_id = o.organization_id
LEFT JOIN crm.leads AS l
       ON l.organization_id = o.organization_id AND l.deleted_at IS NULL
LEFT JOIN crm.communications AS c
       ON c.organization_id = o.organization_id AND c.lead_id = l.id
      AND c.created_at >= (date_trunc('day', :now AT TIME ZONE 'UTC') - interval '30 days') AT TIME ZONE 'UTC'
      AND c.created_at < :now
LEFT JOIN crm.automation_runs AS r
       ON r.organization_id = o.organization_id AND r.lead_id = l.id
      AND r.run_status IN ('failed', 'timed_out')
      AND r.finished_at >= (date_trunc('day', :now AT TIME ZONE 'UTC') - interval '7 days') AT TIME ZONE 'UTC'
      AND r.finished_at < :now
WHERE o.organization_id = :organization_id
GROUP BY o.organization_id;
