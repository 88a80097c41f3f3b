-- Functions of the application's own that are written in SQL and give one value: a CHECK that calls one says what its body
-- says. Those with a body of the standard's form (RETURN …, BEGIN ATOMIC) come as the server prints it.
SELECT format('%s.%s', n.nspname, p.proname)                                      AS name,
       coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)                         AS body,
       ARRAY(SELECT coalesce(nullif(p.proargnames[i], ''), '$' || i) FROM generate_series(1, p.pronargs) AS i) AS arguments
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_language AS l ON l.oid = p.prolang
WHERE l.lanname = 'sql' AND p.prokind = 'f' AND NOT p.proretset
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY 1, p.oid;
