-- The tables of the workload on disk, with rows as the statistics know them.
SELECT format('%I.%I', n.nspname, r.relname)                                   AS name,
       greatest(r.reltuples, 0)::bigint                                        AS rows,
       pg_table_size(r.oid)                                                    AS size_bytes,
       pg_indexes_size(r.oid)                                                  AS index_bytes,
       pg_relation_size(r.oid) / current_setting('block_size')::bigint         AS pages
FROM pg_class AS r
JOIN pg_namespace AS n ON n.oid = r.relnamespace
WHERE r.relkind = 'r'
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
ORDER BY 1;
