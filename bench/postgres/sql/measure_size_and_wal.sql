-- What the relations of the workload are called and measure, and the write-ahead log position: before and after an
-- optimization.
SELECT (SELECT coalesce(sum(pg_total_relation_size(r.oid)), 0)::bigint
        FROM pg_class AS r JOIN pg_namespace AS n ON n.oid = r.relnamespace
        WHERE r.relkind IN ('r', 'm')
          AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta'))  AS size,
       pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint                                    AS wal,
       (SELECT array_agg(oid) FROM pg_class)                                                          AS relations,
       (SELECT coalesce(array_agg(format('%I.%I', n.nspname, r.relname) ORDER BY r.oid), '{}')
        FROM pg_class AS r JOIN pg_namespace AS n ON n.oid = r.relnamespace
        WHERE r.relkind IN ('r', 'p', 'm', 'v', 'i', 'I')
          AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta'))  AS names;
