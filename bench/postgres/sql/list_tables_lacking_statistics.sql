-- Tables with an index on an expression, or with extended statistics, for which ANALYZE has not yet run: the planner
-- guesses until it has. Also tables that an optimization made and filled itself: no VACUUM has seen their rows.
SELECT format('%I.%I', n.nspname, r.relname)     AS name,
       greatest(r.reltuples, 0)::bigint          AS rows
FROM pg_class AS r
JOIN pg_namespace AS n ON n.oid = r.relnamespace
WHERE r.relkind IN ('r', 'm')
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND (r.reltuples < 0
       OR (r.relpages > 0 AND r.relallvisible = 0)
       OR EXISTS (SELECT FROM pg_index AS i
                  WHERE i.indrelid = r.oid AND i.indexprs IS NOT NULL
                    AND NOT EXISTS (SELECT FROM pg_statistic AS s WHERE s.starelid = i.indexrelid))
       OR EXISTS (SELECT FROM pg_statistic_ext AS e
                  WHERE e.stxrelid = r.oid
                    AND NOT EXISTS (SELECT FROM pg_statistic_ext_data AS d WHERE d.stxoid = e.oid)))
ORDER BY 1;
