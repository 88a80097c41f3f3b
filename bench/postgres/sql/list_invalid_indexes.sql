-- The indexes of the workload that a failed CREATE INDEX CONCURRENTLY left, or that wait for their partitions.
SELECT format('%I.%I', n.nspname, r.relname)    AS name
FROM pg_index AS i
JOIN pg_class AS r ON r.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = r.relnamespace
WHERE NOT i.indisvalid
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
ORDER BY 1;
