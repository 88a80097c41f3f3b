-- The indexes of the workload's tables on disk. A pending list is what a GIN index with fastupdate, the default, has;
-- REINDEX CONCURRENTLY cannot rebuild what an exclusion constraint stands on.
SELECT format('%I.%I', n.nspname, x.relname)                                   AS name,
       format('%I.%I', tn.nspname, t.relname)                                  AS table_name,
       a.amname                                                                AS method,
       pg_relation_size(x.oid)                                                 AS size_bytes,
       i.indisvalid AND NOT i.indisexclusion                                   AS rebuildable,
       a.amname = 'gin' AND NOT EXISTS (
           SELECT FROM pg_options_to_table(x.reloptions)
           WHERE option_name = 'fastupdate' AND NOT option_value::boolean)     AS has_pending_list
FROM pg_index AS i
JOIN pg_class AS x ON x.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = x.relnamespace
JOIN pg_class AS t ON t.oid = i.indrelid
JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
JOIN pg_am AS a ON a.oid = x.relam
WHERE x.relkind = 'i'
  AND t.relkind = 'r'
  AND tn.nspname NOT LIKE 'pg\_%' AND tn.nspname NOT IN ('information_schema', 'bench_meta')
ORDER BY 1;
