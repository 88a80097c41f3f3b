-- What hangs on each table, so that a change inside of a transaction shows: columns, indexes with their options,
-- constraints of both ends, triggers, and storage options. Whatever is made anew has another xmin or is gone.
WITH parts (table_oid, part) AS (
    SELECT attrelid, concat_ws(' ', 'column', attnum, xmin) FROM pg_attribute
    UNION ALL
    SELECT i.indrelid, concat_ws(' ', 'index', i.indexrelid, i.xmin, r.reloptions)
    FROM pg_index AS i JOIN pg_class AS r ON r.oid = i.indexrelid
    UNION ALL
    SELECT conrelid, concat_ws(' ', 'constraint', oid, xmin) FROM pg_constraint
    UNION ALL
    SELECT confrelid, concat_ws(' ', 'referenced', oid, xmin) FROM pg_constraint
    UNION ALL
    SELECT tgrelid, concat_ws(' ', 'trigger', oid, xmin) FROM pg_trigger
    UNION ALL
    SELECT oid, concat_ws(' ', 'options', reloptions) FROM pg_class
)
SELECT format('%I.%I', n.nspname, r.relname)                    AS name,
       md5(string_agg(p.part, ',' ORDER BY p.part))             AS digest
FROM pg_class AS r
JOIN pg_namespace AS n ON n.oid = r.relnamespace
JOIN parts AS p ON p.table_oid = r.oid
WHERE r.relkind IN ('r', 'p')
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
GROUP BY 1
ORDER BY 1;
