-- The tables and indexes of the workload, as large as they are; of an index its keys in order, how wide they are together
-- (the statistics' mean), and how far the order of each is that of the rows in their table (1: the same, 0: none) and how
-- many values it has. Names without schema: a plan has no more.
SELECT r.relname                                                               AS name,
       t.relname                                                               AS table,
       a.amname                                                                AS method,
       pg_relation_size(r.oid) / current_setting('block_size')::bigint         AS pages,
       greatest(r.reltuples, 0)::bigint                                        AS rows,
       coalesce(sum(s.avg_width), 0)::bigint                                   AS key_bytes,
       coalesce(array_agg(coalesce(c.attname, '') ORDER BY k.attnum) FILTER (WHERE k.attnum IS NOT NULL), '{}')
                                                                               AS keys,
       coalesce(array_agg(abs(coalesce(s.correlation, 0))::float8 ORDER BY k.attnum)
                FILTER (WHERE k.attnum IS NOT NULL), '{}')                     AS correlations,
       coalesce(array_agg(CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * greatest(t.reltuples, 0)
                               ELSE coalesce(s.n_distinct, 0) END::float8 ORDER BY k.attnum)
                FILTER (WHERE k.attnum IS NOT NULL), '{}')                     AS distinct
FROM pg_class AS r
JOIN pg_namespace AS n ON n.oid = r.relnamespace
JOIN pg_am AS a ON a.oid = r.relam
LEFT JOIN pg_index AS i ON i.indexrelid = r.oid
JOIN pg_class AS t ON t.oid = coalesce(i.indrelid, r.oid)
LEFT JOIN pg_attribute AS k ON k.attrelid = i.indexrelid AND k.attnum <= i.indnkeyatts
LEFT JOIN pg_attribute AS c ON c.attrelid = t.oid AND c.attnum = i.indkey[k.attnum - 1]
LEFT JOIN pg_stats AS s
       ON s.schemaname = n.nspname
      AND (s.tablename, s.attname) = CASE WHEN c.attnum IS NULL THEN (r.relname, k.attname)
                                          ELSE (t.relname, c.attname) END
WHERE r.relkind IN ('r', 'm', 'i')
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
GROUP BY r.oid, r.relname, n.nspname, t.relname, a.amname, r.reltuples
ORDER BY 1, n.nspname;
