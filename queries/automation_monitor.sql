-- title: Automation Monitor
-- asks: For each automation: runs, failures and p95 duration of the last 7 days, and at which step did it last fail?
-- tables: crm.automations, crm.automation_runs, crm.automation_run_steps
-- param organization_id bigint: class
-- param now timestamptz: clock
-- class worst_broken: SELECT organization_id FROM crm.automation_runs
--   WHERE run_status IN ('failed', 'timed_out') GROUP BY organization_id, automation_id
--   ORDER BY count(*) DESC, organization_id LIMIT 1
-- why worst_broken: the tenant of the automation that failed most often: the longest list of failures to go through
-- class worst_no_failure: SELECT organization_id FROM crm.automation_runs GROUP BY organization_id
--   HAVING count(*) FILTER (WHERE run_status IN ('failed', 'timed_out')) = 0
--   ORDER BY count(*) DESC, organization_id LIMIT 1
-- why worst_no_failure: the busiest tenant without any failure: the search for the last one ends only when all runs
--   are read
-- class worst_month_ago: SELECT r.organization_id, :now - interval '30 days' AS now FROM crm.automation_runs AS r
--   WHERE r.run_status IN ('failed', 'timed_out') AND r.finished_at >= :now - interval '30 days'
--   GROUP BY r.organization_id ORDER BY count(*) DESC, r.organization_id LIMIT 1
-- why worst_month_ago: as of a month ago, where most has failed since: what came later does not count
-- class worst_given_up_together: SELECT r.organization_id, r.finished_at + interval '1 microsecond' AS now
--   FROM crm.automation_runs AS r
--   JOIN crm.automations AS a ON a.organization_id = r.organization_id AND a.id = r.automation_id
--   WHERE a.is_active AND r.run_status IN ('failed', 'timed_out') AND r.finished_at < :now
--   GROUP BY r.organization_id, r.automation_id, r.finished_at
--   ORDER BY count(*) DESC, r.finished_at DESC, r.organization_id, r.automation_id LIMIT 1
-- why worst_given_up_together: as of the moment after two runs of an automation were given up by one statement: only
--   the id says which was the last
-- expects: automation_runs_org_started_cov, automation_runs_failed_idx
--
-- The last failure may be older than the week, and for an automation that never failed the search for it reads all its
-- runs: that is what the partial index spares.
SELECT a.id AS automation_id,
       a.name,
       coalesce(w.runs, 0) AS runs,
       coalesce(w.failures, 0) AS failures,
       round(100.0 * w.failures / w.runs, 2) AS failure_percent,
       w.p95_duration_ms,
       f.id AS last_failed_run_id,
       f.finished_at AS last_failed_at,
       f.error_code AS last_error_code,
       st.step_no AS failed_step_no,
       st.step_type AS failed_step_type
FROM crm.automations AS a
LEFT JOIN (
    SELECT automation_id,
           count(*) AS runs,
           count(*) FILTER (WHERE run_status IN ('failed', 'timed_out')) AS failures,
           percentile_disc(0.95) WITHIN GROUP (ORDER BY duration_ms) AS p95_duration_ms
    FROM crm.automation_runs
    WHERE organization_id = :organization_id
      AND started_at >= :now - interval '7 days' AND started_at < :now
    GROUP BY automation_id
) AS w ON w.automation_id = a.id
LEFT JOIN LATERAL (
    SELECT r.id, r.finished_at, r.error_code
    FROM crm.automation_runs AS r
    WHERE r.organization_id = a.organization_id
      AND r.automation_id = a.id
      AND r.run_status IN ('failed', 'timed_out')
      AND r.finished_at < :now
    ORDER BY r.finished_at DESC, r.id DESC
    LIMIT 1
) AS f ON true
LEFT JOIN LATERAL (
    SELECT s.step_no, s.step_type
    FROM crm.automation_run_steps AS s
    WHERE s.organization_id = a.organization_id
      AND s.run_id = f.id
      AND s.step_status = 'failed'
    ORDER BY s.step_no, s.id
    LIMIT 1
) AS st ON true
WHERE a.organization_id = :organization_id
  AND a.is_active
ORDER BY failures DESC, a.id;
