-- How many different values a column has, as ANALYZE estimated; no row where it never looked.
SELECT CASE WHEN s.n_distinct < 0
            THEN -s.n_distinct * greatest(r.reltuples, 0)
            ELSE s.n_distinct END::bigint AS distinct_values
FROM pg_catalog.pg_stats AS s
JOIN pg_catalog.pg_namespace AS n ON n.nspname = s.schemaname
JOIN pg_catalog.pg_class AS r ON r.relnamespace = n.oid AND r.relname = s.tablename
WHERE s.schemaname = $1 AND s.tablename = $2 AND s.attname = $3;
