-- The views, materialized ones too.
SELECT format('%I.%I', n.nspname, c.relname)    AS identifier,
       c.relkind = 'm'                          AS materialized,
       pg_get_viewdef(c.oid, true)              AS definition,
       c.reloptions                             AS options,
       obj_description(c.oid, 'pg_class')       AS comment
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm')
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1;
