-- Every index of the workload, valid or not, with what tells it from another one: key by key the text, operator class (with
-- its parameters), collation and order. A partitioned index has the size of its parts, which are listed as well.
-- Tables that belong to an extension are left out: their indexes come and go with it.
SELECT format('%I.%I', n.nspname, r.relname)                                AS name,
       format('%I.%I', tn.nspname, t.relname)                               AS table_name,
       am.amname                                                            AS method,
       k.keys                                                               AS keys,
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, p, true)
             FROM generate_series(i.indnkeyatts + 1, i.indnatts) AS p
             ORDER BY p)                                                    AS include,
       coalesce(pg_get_expr(i.indpred, i.indrelid, true), '')               AS predicate,
       coalesce(r.reloptions, '{}')                                         AS options,
       i.indisunique                                                        AS "unique",
       i.indnullsnotdistinct                                                AS nulls_not_distinct,
       i.indisprimary                                                       AS "primary",
       NOT i.indimmediate                                                   AS deferrable,
       coalesce((SELECT quote_ident(c.conname)
                 FROM pg_constraint AS c
                 WHERE c.conindid = i.indexrelid AND c.conrelid = i.indrelid AND c.contype IN ('p', 'u', 'x')), '')
                                                                            AS constraint_name,
       i.indisvalid                                                         AS valid,
       i.indisreplident                                                     AS replica_identity,
       i.indisclustered                                                     AS clustered,
       coalesce((SELECT format('%I.%I', hn.nspname, h.relname)
                 FROM pg_inherits AS up
                 JOIN pg_class AS h ON h.oid = up.inhparent
                 JOIN pg_namespace AS hn ON hn.oid = h.relnamespace
                 WHERE up.inhrelid = i.indexrelid), '')                     AS parent,
       r.relkind = 'I'                                                      AS partitioned,
       CASE WHEN r.relkind = 'I'
            THEN (SELECT coalesce(sum(pg_relation_size(part.relid)), 0)::bigint
                  FROM pg_partition_tree(i.indexrelid) AS part WHERE part.isleaf AND part.relid <> i.indexrelid)
            ELSE pg_relation_size(i.indexrelid) END                         AS size_bytes
FROM pg_index AS i
JOIN pg_class AS r ON r.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = r.relnamespace
JOIN pg_class AS t ON t.oid = i.indrelid
JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
JOIN pg_am AS am ON am.oid = r.relam
CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
               'text', pg_get_indexdef(i.indexrelid, p, true),
               'opclass', CASE WHEN o.opcnamespace = 'pg_catalog'::regnamespace THEN quote_ident(o.opcname)
                               ELSE format('%s.%I', o.opcnamespace::regnamespace, o.opcname) END
                          || coalesce(' (' || array_to_string(a.attoptions, ', ') || ')', ''),
               'collation', CASE WHEN c.oid IS NULL THEN ''
                                 WHEN c.collnamespace = 'pg_catalog'::regnamespace THEN quote_ident(c.collname)
                                 ELSE format('%s.%I', c.collnamespace::regnamespace, c.collname) END,
               'descending', i.indoption[p - 1] & 1 = 1,
               'nulls_first', i.indoption[p - 1] & 2 = 2) ORDER BY p) AS keys
    FROM generate_series(1, i.indnkeyatts) AS p
    JOIN pg_opclass AS o ON o.oid = i.indclass[p - 1]
    JOIN pg_attribute AS a ON a.attrelid = i.indexrelid AND a.attnum = p
    LEFT JOIN pg_collation AS c ON c.oid = i.indcollation[p - 1]
) AS k
WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indrelid AND d.deptype = 'e')
ORDER BY 1;
