-- Extended statistics of the workload's tables.
SELECT format('%I.%I', sn.nspname, x.stxname)                                           AS name,
       n.nspname || '.' || t.relname                                                    AS table_name,
       ARRAY(SELECT CASE kind WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies' WHEN 'm' THEN 'mcv'
                              ELSE 'expressions' END
             FROM unnest(x.stxkind) AS kind ORDER BY 1)                                 AS kinds,
       ARRAY(SELECT a.attname::text FROM pg_attribute AS a
             WHERE a.attrelid = x.stxrelid AND a.attnum = ANY (x.stxkeys::int2[])
             ORDER BY a.attnum)                                                         AS columns,
       coalesce(pg_get_statisticsobjdef_expressions(x.oid), '{}')                       AS expressions,
       pg_get_statisticsobjdef(x.oid)                                                   AS definition,
       format('%I.%I', n.nspname, t.relname)                                            AS table_identifier,
       nullif(x.stxstattarget, -1)::int                                                 AS statistics_target,
       obj_description(x.oid, 'pg_statistic_ext')                                       AS comment
FROM pg_statistic_ext AS x
JOIN pg_namespace AS sn ON sn.oid = x.stxnamespace
JOIN pg_class AS t ON t.oid = x.stxrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
ORDER BY 1;
