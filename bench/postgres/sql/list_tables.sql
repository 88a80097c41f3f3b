-- The tables of the workload (ordinary and partitions' leaves), with rows as the statistics know them and sizes. Those that an
-- extension made are not the workload's: spatial_ref_sys of PostGIS holds the same rows everywhere.
SELECT format('%I.%I', n.nspname, r.relname)                     AS name,
       n.nspname                                                 AS schema_name,
       r.relname                                                 AS table_name,
       greatest(r.reltuples, 0)::bigint                          AS rows,
       pg_table_size(r.oid)                                      AS size_bytes,
       pg_indexes_size(r.oid)                                    AS index_bytes
FROM pg_class AS r
JOIN pg_namespace AS n ON n.oid = r.relnamespace
WHERE r.relkind = 'r'
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.deptype = 'e')
ORDER BY 1;
