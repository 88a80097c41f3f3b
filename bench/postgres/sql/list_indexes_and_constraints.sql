-- Everything of the schema that is cheaper to build after the rows than with them: constraints that own an index,
-- foreign keys, and plain indexes, each with the statement that makes it again.
-- phase 1: primary keys, unique and exclusion constraints; 2: indexes; 3: foreign keys (they need phase 1).
-- Partitions' own copies come and go with their parent's and are left out. What a partitioned table has stays: made again,
-- its partitions' copies would have other names. So does what says how a table is replicated or clustered,
-- and what belongs to an extension.
SELECT c.conrelid::regclass::text                                                       AS table_name,
       c.conname                                                                        AS name,
       CASE WHEN c.contype = 'f' THEN 3 ELSE 1 END                                      AS phase,
       format('ALTER TABLE %s DROP CONSTRAINT %I', c.conrelid::regclass, c.conname)     AS drop_sql,
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.conrelid::regclass, c.conname,
              pg_get_constraintdef(c.oid))                                              AS create_sql,
       CASE WHEN obj_description(c.oid, 'pg_constraint') IS NOT NULL
            THEN format('COMMENT ON CONSTRAINT %I ON %s IS %L', c.conname, c.conrelid::regclass,
                        obj_description(c.oid, 'pg_constraint')) END                    AS comment_sql
FROM pg_constraint AS c
JOIN pg_namespace AS n ON n.oid = c.connamespace
LEFT JOIN pg_index AS i ON i.indexrelid = c.conindid AND c.contype <> 'f'
LEFT JOIN pg_class AS t ON t.oid = c.conrelid
WHERE c.contype IN ('p', 'u', 'x', 'f')
  AND c.conparentid = 0
  AND (c.contype = 'f' OR t.relkind <> 'p' AND NOT t.relispartition AND NOT i.indisreplident AND NOT i.indisclustered)
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.conrelid AND d.deptype = 'e')
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
UNION ALL
SELECT i.indrelid::regclass::text,
       r.relname,
       2,
       format('DROP INDEX %s', i.indexrelid::regclass),
       pg_get_indexdef(i.indexrelid),
       CASE WHEN obj_description(i.indexrelid, 'pg_class') IS NOT NULL
            THEN format('COMMENT ON INDEX %s IS %L', i.indexrelid::regclass,
                        obj_description(i.indexrelid, 'pg_class')) END
FROM pg_index AS i
JOIN pg_class AS r ON r.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = r.relnamespace
WHERE r.relkind = 'i' AND NOT i.indisreplident AND NOT i.indisclustered
  AND NOT EXISTS (SELECT FROM pg_class AS t WHERE t.oid = i.indrelid AND t.relispartition)
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indrelid AND d.deptype = 'e')
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
ORDER BY phase, table_name, name;
