-- The triggers and rules of tables and views that somebody made, but for those that a partition has from its parent.
SELECT 'trigger'                                        AS kind,
       quote_ident(g.tgname)                            AS identifier,
       format('%I.%I', n.nspname, t.relname)            AS table_identifier,
       pg_get_triggerdef(g.oid)                         AS definition,
       CASE g.tgenabled WHEN 'D' THEN 'disabled' WHEN 'A' THEN 'always' WHEN 'R' THEN 'on replicas' END AS fires,
       obj_description(g.oid, 'pg_trigger')             AS comment
FROM pg_trigger AS g
JOIN pg_class AS t ON t.oid = g.tgrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE NOT g.tgisinternal AND g.tgparentid = 0
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype = 'e')
UNION ALL
SELECT 'rule',
       quote_ident(r.rulename),
       format('%I.%I', n.nspname, t.relname),
       pg_get_ruledef(r.oid),
       CASE r.ev_enabled WHEN 'D' THEN 'disabled' WHEN 'A' THEN 'always' WHEN 'R' THEN 'on replicas' END,
       obj_description(r.oid, 'pg_rewrite')
FROM pg_rewrite AS r
JOIN pg_class AS t ON t.oid = r.ev_class
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE r.rulename <> '_RETURN'
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype = 'e')
ORDER BY 3, 1, 2;
