-- The indexes of the workload as the catalog has them.
SELECT format('%I.%I', n.nspname, r.relname)    AS name,
       n.nspname                                AS schema_name,
       pg_get_indexdef(i.indexrelid)            AS definition,
       i.indisvalid                             AS valid,
       pg_relation_size(i.indexrelid)           AS size_bytes
FROM pg_index AS i
JOIN pg_class AS r ON r.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = r.relnamespace
WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
ORDER BY 1;
