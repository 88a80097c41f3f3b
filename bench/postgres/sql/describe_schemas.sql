-- The schemas that somebody made; public is in every database.
SELECT quote_ident(n.nspname)                  AS identifier,
       obj_description(n.oid, 'pg_namespace')  AS comment
FROM pg_namespace AS n
WHERE n.nspname <> 'public' AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
ORDER BY 1;
