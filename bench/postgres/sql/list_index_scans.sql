-- How often each index was scanned in this database, by sessions that have ended and by this one before its last
-- transaction. Rolled-back scans count, and so do those of statements inside functions, which no plan shows.
SELECT format('%I.%I', schemaname, indexrelname)     AS name,
       idx_scan                                      AS scans
FROM pg_stat_user_indexes
WHERE schemaname NOT LIKE 'pg\_%' AND schemaname <> 'bench_meta'
ORDER BY 1;
