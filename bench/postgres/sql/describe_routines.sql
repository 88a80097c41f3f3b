-- Functions, procedures and aggregates, by the types of their arguments. What CREATE FUNCTION gives where nothing is said is
-- NULL or false. The body is that of the file, or, in the standard's form, as the server prints it.
SELECT format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes))           AS identifier,
       CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window' END AS kind,
       pg_get_function_arguments(p.oid)                                                   AS arguments,
       pg_get_function_result(p.oid)                                                      AS returns,
       l.lanname::text                                                                    AS language,
       CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' END            AS volatility,
       CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END             AS parallel,
       p.proisstrict                                                                      AS strict,
       p.prosecdef                                                                        AS security_definer,
       p.proleakproof                                                                     AS leakproof,
       CASE WHEN p.procost <> CASE WHEN l.lanname IN ('internal', 'c') THEN 1 ELSE 100 END THEN p.procost END AS cost,
       CASE WHEN p.proretset AND p.prorows <> 1000 THEN p.prorows END                     AS rows,
       p.proconfig                                                                        AS options,
       CASE WHEN p.prokind <> 'a' THEN coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) END AS body,
       CASE WHEN p.prosupport <> 0 THEN p.prosupport::regproc::text END                   AS support,
       g.aggtransfn::regproc::text                                                        AS transition,
       format_type(g.aggtranstype, NULL)                                                  AS state,
       CASE WHEN g.aggfinalfn <> 0 THEN g.aggfinalfn::regproc::text END                   AS final,
       CASE WHEN g.aggcombinefn <> 0 THEN g.aggcombinefn::regproc::text END               AS combine,
       g.agginitval                                                                       AS initial,
       obj_description(p.oid, 'pg_proc')                                                  AS comment
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_language AS l ON l.oid = p.prolang
LEFT JOIN pg_aggregate AS g ON g.aggfnoid = p.oid
WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
ORDER BY 1;
