-- How many clients of the load ($1: application name) are connected here, and how many have waited for $2 milliseconds
-- until their next transaction is due: while the load is behind its schedule, none does.
SELECT count(*)                                                          AS connected,
       count(*) FILTER (WHERE state = 'idle' AND query <> ''
                          AND clock_timestamp() - state_change > $2 * interval '1 millisecond') AS waiting
FROM pg_stat_activity
WHERE datname = current_database() AND application_name = $1;
