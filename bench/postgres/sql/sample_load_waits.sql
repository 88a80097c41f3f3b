-- What the clients of the load ($1: application name) are doing at this moment, and how many of them: running, waiting for
-- something by its name, or idle between two transactions.
SELECT CASE WHEN state <> 'active'           THEN 'idle'
            WHEN wait_event_type IS NULL     THEN 'running'
            ELSE wait_event_type || ': ' || coalesce(wait_event, '') END AS doing,
       count(*)                                                          AS clients
FROM pg_stat_activity
WHERE datname = current_database() AND application_name = $1 AND state IS NOT NULL
GROUP BY 1;
