-- Tables that a load can read and write by primary key, largest first: the key's columns, and the column that an update
-- sets to itself. Best is one that no index and no key holds, because its update is the cheapest; a column of the key
-- will do, since it keeps its value. "names" are those of the table and its partitions.
SELECT format('%I.%I', n.nspname, r.relname)                     AS name,
       n.nspname::text                                           AS schema_name,
       r.relname::text                                           AS table_name,
       greatest(r.reltuples, 0)::bigint                          AS rows,
       ARRAY(SELECT a.attname::text
             FROM pg_index AS i
             CROSS JOIN unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place)
             JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum = k.number
             WHERE i.indrelid = r.oid AND i.indisprimary AND k.place <= i.indnkeyatts
             ORDER BY k.place)                                   AS keys,
       (SELECT a.attname::text
        FROM pg_attribute AS a
        LEFT JOIN pg_index AS i ON i.indrelid = r.oid AND a.attnum = ANY (i.indkey::smallint[])
        WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attgenerated = '' AND a.attidentity <> 'a'
        GROUP BY a.attname, a.attnum
        ORDER BY coalesce(bool_or(i.indisprimary), false), count(i.indexrelid) > 0, a.attnum
        LIMIT 1)                                                 AS updated,
       ARRAY(SELECT r.relname::text
             UNION
             SELECT part.relname::text
             FROM pg_partition_tree(r.oid) AS tree JOIN pg_class AS part ON part.oid = tree.relid) AS names
FROM pg_class AS r
JOIN pg_namespace AS n ON n.oid = r.relnamespace
WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
ORDER BY r.reltuples DESC, 1;
