-- The constraints of tables as the catalog prints them, but for NOT NULL, which is a column's, and those that a partition or a
-- child by inheritance has from its parent.
SELECT quote_ident(c.conname)                           AS identifier,
       format('%I.%I', n.nspname, t.relname)            AS table_identifier,
       pg_get_constraintdef(c.oid)                      AS definition,
       NOT c.convalidated                               AS unvalidated,
       obj_description(c.oid, 'pg_constraint')          AS comment
FROM pg_constraint AS c
JOIN pg_class AS t ON t.oid = c.conrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE c.contype IN ('c', 'f', 'p', 'u', 'x')
  AND c.conparentid = 0 AND c.conislocal
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype = 'e')
ORDER BY 2, 1;
