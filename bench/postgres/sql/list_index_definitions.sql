-- The indexes of the workload as the catalog has them. constraint_name: of the constraint that it belongs to, NULL where it
-- stands by itself; attached: it is a part of a partitioned table's index, and comes and goes with that one.
SELECT format('%I.%I', n.nspname, r.relname)    AS name,
       n.nspname                                AS schema_name,
       pg_get_indexdef(i.indexrelid)            AS definition,
       i.indisvalid                             AS valid,
       pg_relation_size(i.indexrelid)           AS size_bytes,
       quote_ident(r.relname)                   AS identifier,
       format('%I.%I', tn.nspname, t.relname)   AS table_identifier,
       (SELECT quote_ident(c.conname) FROM pg_constraint AS c
        WHERE c.conindid = i.indexrelid AND c.conrelid = i.indrelid AND c.contype IN ('p', 'u', 'x')) AS constraint_name,
       r.relispartition                         AS attached,
       i.indisclustered                         AS clustered,
       r.reloptions                             AS options,
       ARRAY(SELECT format('%s: %s', a.attnum, a.attstattarget) FROM pg_attribute AS a
             WHERE a.attrelid = r.oid AND a.attstattarget >= 0 ORDER BY a.attnum) AS statistics_targets,
       obj_description(r.oid, 'pg_class')       AS comment
FROM pg_index AS i
JOIN pg_class AS r ON r.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = r.relnamespace
JOIN pg_class AS t ON t.oid = i.indrelid
JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
ORDER BY 1;
