-- The indexes of the tables $1 (oids), those of constraints too.
-- keys: columns by name, expressions as text; columns: all that keys and predicate mention; operators: of an exclusion
-- constraint, or of a key WITHOUT OVERLAPS.
SELECT i.indrelid::bigint                                                                  AS relation,
       x.relname::text                                                                     AS name,
       m.amname::text                                                                      AS method,
       ARRAY(SELECT coalesce(a.attname::text, pg_get_indexdef(i.indexrelid, k.position::int, false))
             FROM unnest(i.indkey) WITH ORDINALITY AS k (number, position)
             LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number > 0
             WHERE k.position <= i.indnkeyatts ORDER BY k.position)                        AS keys,
       ARRAY(SELECT a.attname::text FROM pg_attribute AS a
             WHERE a.attrelid = i.indrelid
               AND (a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
                    OR NOT a.attnum = ANY (i.indkey::int2[])
                       AND EXISTS (SELECT FROM pg_depend AS d
                                   WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                                     AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid
                                     AND d.refobjsubid = a.attnum))
               AND a.attnum > 0
             ORDER BY a.attnum)                                                            AS columns,
       ARRAY(SELECT a.attname::text
             FROM unnest(i.indkey) WITH ORDINALITY AS k (number, position)
             JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
             WHERE k.position > i.indnkeyatts ORDER BY k.position)                         AS include,
       i.indisunique                                                                       AS unique,
       i.indisprimary                                                                      AS primary,
       i.indnullsnotdistinct                                                               AS nulls_not_distinct,
       coalesce(pg_get_expr(i.indpred, i.indrelid), '')                                    AS predicate,
       ARRAY(SELECT o.oprname::text FROM unnest(c.conexclop) WITH ORDINALITY AS k (number, position)
             JOIN pg_operator AS o ON o.oid = k.number ORDER BY k.position)                AS operators,
       coalesce(c.condeferrable, false)                                                    AS deferrable,
       c.oid IS NOT NULL                                                                   AS is_constraint,
       i.indisvalid                                                                        AS valid
FROM pg_index AS i
JOIN pg_class AS x ON x.oid = i.indexrelid
JOIN pg_am AS m ON m.oid = x.relam
LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x') AND c.conrelid = i.indrelid
WHERE i.indrelid = ANY ($1::bigint[]::oid[])
ORDER BY i.indrelid, NOT i.indisprimary, x.relname;
