-- Columns whose collation is not the database's own, with its name as DDL writes it.
SELECT n.nspname || '.' || t.relname  AS table_name,
       a.attname::text                AS column_name,
       CASE WHEN c.collnamespace = 'pg_catalog'::regnamespace THEN quote_ident(c.collname)
            ELSE format('%s.%I', c.collnamespace::regnamespace, c.collname) END AS collation
FROM pg_attribute AS a
JOIN pg_collation AS c ON c.oid = a.attcollation AND c.collname <> 'default'
JOIN pg_class AS t ON t.oid = a.attrelid AND t.relkind IN ('r', 'p', 'm')
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
ORDER BY 1, 2;
