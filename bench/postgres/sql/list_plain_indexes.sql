-- The indexes that no constraint owns, so that DROP INDEX takes them, largest first.
SELECT n.nspname     AS schema_name,
       r.relname     AS index_name
FROM pg_index AS i
JOIN pg_class AS r ON r.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = r.relnamespace
WHERE r.relkind = 'i'
  AND NOT r.relispartition
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)
ORDER BY pg_relation_size(r.oid) DESC, 1, 2;
