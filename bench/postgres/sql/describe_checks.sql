-- The CHECK constraints of the tables $1 and of the domains $2 (oids).
SELECT nullif(c.conrelid, 0)::bigint                                            AS relation,
       nullif(c.contypid, 0)::bigint                                            AS domain,
       c.conname::text                                                          AS name,
       pg_get_expr(c.conbin, c.conrelid)                                        AS expression,
       ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k (number, position)
             JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.number
             ORDER BY k.position)                                               AS columns,
       c.convalidated                                                           AS validated,
       coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)                 AS enforced -- PostgreSQL 18
FROM pg_constraint AS c
WHERE c.contype = 'c' AND (c.conrelid = ANY ($1::bigint[]::oid[]) OR c.contypid = ANY ($2::bigint[]::oid[]))
ORDER BY c.conrelid, c.contypid, c.conname;
