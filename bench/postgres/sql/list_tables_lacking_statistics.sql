-- Tables with an index on an expression, or with extended statistics, for which ANALYZE has not yet run: the planner
-- guesses until it has. Also tables that an optimization made and filled itself: no VACUUM has seen their rows.
-- Where extended statistics of plain columns are all that is lacking, these columns are enough to be analyzed (and no
-- expression of an index is, where columns are named).
-- By the views, as the catalogs behind them are for superusers alone; inherited is never NULL once there is something.
SELECT format('%I.%I', n.nspname, r.relname)     AS name,
       greatest(r.reltuples, 0)::bigint          AS rows,
       CASE WHEN NOT lacking.all_of_it
             AND NOT EXISTS (SELECT FROM pg_statistic_ext AS e WHERE e.stxrelid = r.oid AND e.stxexprs IS NOT NULL)
            THEN ARRAY(SELECT DISTINCT format('%I', a.attname)
                       FROM pg_statistic_ext AS e
                       JOIN pg_attribute AS a ON a.attrelid = e.stxrelid AND a.attnum = ANY (e.stxkeys)
                       WHERE e.stxrelid = r.oid ORDER BY 1)
       END                                       AS columns
FROM pg_class AS r
JOIN pg_namespace AS n ON n.oid = r.relnamespace
CROSS JOIN LATERAL (
    SELECT r.reltuples < 0
           OR (r.relpages > 0 AND r.relallvisible = 0)
           OR EXISTS (SELECT FROM pg_index AS i
                      JOIN pg_class AS x ON x.oid = i.indexrelid
                      WHERE i.indrelid = r.oid AND i.indexprs IS NOT NULL
                        AND NOT EXISTS (SELECT FROM pg_stats AS s
                                        WHERE s.schemaname = n.nspname AND s.tablename = x.relname)) AS all_of_it,
           EXISTS (SELECT FROM pg_statistic_ext AS e
                   JOIN pg_namespace AS m ON m.oid = e.stxnamespace
                   WHERE e.stxrelid = r.oid
                     AND NOT EXISTS (SELECT FROM pg_stats_ext AS d
                                     WHERE d.statistics_schemaname = m.nspname AND d.statistics_name = e.stxname
                                       AND d.inherited IS NOT NULL)) AS some_of_it
) AS lacking
WHERE r.relkind IN ('r', 'm')
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND (lacking.all_of_it OR lacking.some_of_it)
ORDER BY 1;
