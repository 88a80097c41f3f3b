-- Policies of row security. Roles are public where none is named.
SELECT quote_ident(p.polname)                           AS identifier,
       format('%I.%I', n.nspname, t.relname)            AS table_identifier,
       CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete'
                     ELSE 'all' END                     AS command,
       NOT p.polpermissive                              AS restrictive,
       ARRAY(SELECT CASE WHEN r = 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(r)) END
             FROM unnest(p.polroles) AS r ORDER BY 1)   AS roles,
       pg_get_expr(p.polqual, p.polrelid)               AS using,
       pg_get_expr(p.polwithcheck, p.polrelid)          AS check,
       obj_description(p.oid, 'pg_policy')              AS comment
FROM pg_policy AS p
JOIN pg_class AS t ON t.oid = p.polrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype = 'e')
ORDER BY 2, 1;
