-- The ordinary tables of the workload, largest first, for the regressions that pgproof makes up: with the primary key
-- (a partition's own goes with its parent's) and whether another index holds its columns too, the names of all indexes, and
-- a column that can be set to itself, outside of the primary key where there is one. A table without such a column is left
-- out.
SELECT r.oid::bigint                                             AS oid,
       n.nspname                                                 AS schema_name,
       r.relname                                                 AS table_name,
       p.conname                                                 AS primary_key,
       EXISTS(SELECT FROM pg_index AS i
              WHERE i.indrelid = r.oid AND i.indexrelid <> p.conindid AND p.conkey <@ i.indkey::int2[]) AS key_has_a_double,
       ARRAY(SELECT x.relname::text FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid
             WHERE i.indrelid = r.oid)                           AS indexes,
       c.attname                                                 AS column_name
FROM pg_class AS r
JOIN pg_namespace AS n ON n.oid = r.relnamespace
LEFT JOIN pg_constraint AS p ON p.conrelid = r.oid AND p.contype = 'p' AND p.conparentid = 0
CROSS JOIN LATERAL (
    SELECT a.attname
    FROM pg_attribute AS a
    WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity <> 'a'
    ORDER BY coalesce(a.attnum = ANY (p.conkey), false), a.attnum
    LIMIT 1
) AS c
WHERE r.relkind = 'r'
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
ORDER BY pg_table_size(r.oid) DESC, 2, 3;
