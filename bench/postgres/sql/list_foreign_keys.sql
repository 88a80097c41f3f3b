-- Every foreign key of the workload that is enforced, once: what a partition has from its parent is left out.
-- sharing: how many rows of the referenced table have that column's commonest value, as the statistics know it; 1 where the
-- column alone identifies them. It says whether an index on a part of the key is enough. An average would hide the large
-- tenants.
SELECT quote_ident(c.conname)                                                   AS name,
       format('%I.%I', n.nspname, t.relname)                                    AS table_name,
       k.columns                                                                AS columns,
       k.collations                                                             AS collations,
       format('%I.%I', fn.nspname, f.relname)                                   AS references,
       (SELECT coalesce(format('%I.%I', xn.nspname, x.relname), '')
        FROM pg_class AS x JOIN pg_namespace AS xn ON xn.oid = x.relnamespace
        WHERE x.oid = c.conindid)                                               AS key_index,
       t.relkind = 'p'                                                          AS partitioned,
       CASE WHEN t.relkind = 'p'
            THEN (SELECT coalesce(sum(greatest(leaf.reltuples, 0)), 0)::bigint
                  FROM pg_partition_tree(t.oid) AS part JOIN pg_class AS leaf ON leaf.oid = part.relid
                  WHERE part.isleaf)
            ELSE greatest(t.reltuples, 0)::bigint END                            AS table_rows,
       k.sharing                                                                AS sharing
FROM pg_constraint AS c
JOIN pg_class AS t ON t.oid = c.conrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_class AS f ON f.oid = c.confrelid
JOIN pg_namespace AS fn ON fn.oid = f.relnamespace
CROSS JOIN LATERAL (
    SELECT array_agg(quote_ident(a.attname) ORDER BY p)                                         AS columns,
           array_agg(CASE WHEN l.oid IS NULL THEN ''
                          WHEN l.collnamespace = 'pg_catalog'::regnamespace THEN quote_ident(l.collname)
                          ELSE format('%s.%I', l.collnamespace::regnamespace, l.collname) END
                     ORDER BY p)                                                                AS collations,
           array_agg(greatest(CASE WHEN s.n_distinct < 0 THEN -1 / s.n_distinct
                                   WHEN s.n_distinct > 0 AND f.reltuples > 0 THEN f.reltuples / s.n_distinct END,
                              f.reltuples * s.most_common_freqs[1])
                     ORDER BY p)                                                                AS sharing
    FROM generate_subscripts(c.conkey, 1) AS p
    JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[p]
    JOIN pg_attribute AS fa ON fa.attrelid = c.confrelid AND fa.attnum = c.confkey[p]
    LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
    LEFT JOIN pg_stats AS s ON s.schemaname = fn.nspname AND s.tablename = f.relname AND s.attname = fa.attname
                           AND s.inherited = (f.relkind = 'p')
) AS k
WHERE c.contype = 'f'
  AND c.conparentid = 0
  -- a foreign key that is NOT ENFORCED (PostgreSQL 18) looks nothing up
  AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
ORDER BY 2, 1;
