-- The relations of the workload: tables, views, indexes.
SELECT format('%I.%I', n.nspname, r.relname)    AS name
FROM pg_class AS r
JOIN pg_namespace AS n ON n.oid = r.relnamespace
WHERE r.relkind IN ('r', 'p', 'm', 'v', 'i', 'I')
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
ORDER BY 1;
