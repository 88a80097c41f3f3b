-- The tables in which this database's sessions left dead rows, as the statistics system counts them.
SELECT format('%I.%I', schemaname, relname) AS name
FROM pg_stat_user_tables
WHERE n_dead_tup > 0
ORDER BY 1;
