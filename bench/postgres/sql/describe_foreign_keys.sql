-- The foreign keys of the tables $1 (oids). What a partition has from its parent, or a key has for each partition that it
-- refers to, is left out: the key itself says it.
SELECT c.conrelid::bigint                                                       AS relation,
       c.conname::text                                                          AS name,
       ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k (number, position)
             JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.number
             ORDER BY k.position)                                               AS columns,
       n.nspname || '.' || f.relname                                            AS references,
       ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY AS k (number, position)
             JOIN pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = k.number
             ORDER BY k.position)                                               AS to_columns,
       c.confmatchtype = 'f'                                                    AS match_full,
       c.condeferrable                                                          AS deferrable,
       c.confdeltype::text                                                      AS on_delete,
       c.convalidated                                                           AS validated,
       coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)                 AS enforced, -- PostgreSQL 18
       coalesce((to_jsonb(c) ->> 'conperiod')::boolean, false)                  AS period    -- PostgreSQL 18
FROM pg_constraint AS c
JOIN pg_class AS f ON f.oid = c.confrelid
JOIN pg_namespace AS n ON n.oid = f.relnamespace
WHERE c.contype = 'f' AND c.conparentid = 0 AND c.conrelid = ANY ($1::bigint[]::oid[])
ORDER BY c.conrelid, c.conname;
