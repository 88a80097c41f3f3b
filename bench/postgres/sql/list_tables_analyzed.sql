-- How often each table was analyzed in this database, as the statistics system counts it.
SELECT format('%I.%I', s.schemaname, s.relname)     AS name,
       s.analyze_count                              AS times,
       greatest(r.reltuples, 0)::bigint             AS rows
FROM pg_stat_user_tables AS s
JOIN pg_class AS r ON r.oid = s.relid
WHERE s.schemaname <> 'bench_meta'
ORDER BY 1;
