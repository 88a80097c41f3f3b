-- The columns of all tables and views of a database, with what a name without a schema stands for: the text of a
-- statement is resolved by them. A domain is given by the type below it; rows are what ANALYZE last estimated;
-- guarded is what row-level security keeps from the role that asks, wholly or in part.
SELECT n.nspname                                 AS schema_name,
       r.relname                                 AS relation,
       pg_catalog.pg_table_is_visible(r.oid)     AS visible,
       r.relkind IN ('v', 'm')                   AS is_view,
       greatest(r.reltuples, 0)::bigint          AS rows,
       pg_catalog.row_security_active(r.oid)     AS is_guarded,
       a.attname                                 AS column_name,
       pg_catalog.format_type(t.oid, NULL)       AS type,
       t.typcategory::text                       AS category
FROM pg_catalog.pg_class AS r
JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type AS own ON own.oid = a.atttypid
JOIN pg_catalog.pg_type AS t ON t.oid = coalesce(nullif(own.typbasetype, 0), own.oid)
WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
ORDER BY n.nspname, r.relname, a.attnum;
