-- What was written to each table so far, as the statistics system counts it, and what autovacuum looks at.
SELECT format('%I.%I', s.schemaname, s.relname)                     AS name,
       s.n_tup_ins                                                  AS inserted,
       s.n_tup_upd                                                  AS updated,
       s.n_tup_hot_upd                                              AS hot_updated,
       s.n_tup_del                                                  AS deleted,
       s.n_dead_tup                                                 AS dead_rows,
       s.n_mod_since_analyze                                        AS changed_since_analyze,
       s.n_ins_since_vacuum                                         AS inserted_since_vacuum,
       greatest(r.reltuples, 0)::bigint                             AS rows,
       greatest(r.relpages, 0)                                      AS pages,
       (to_jsonb(r) ->> 'relallfrozen')::integer                    AS all_frozen_pages, -- PostgreSQL 18 and later
       coalesce((SELECT jsonb_object_agg(o.option_name, o.option_value)
                 FROM pg_options_to_table(r.reloptions) AS o), '{}') AS options
FROM pg_stat_user_tables AS s
JOIN pg_class AS r ON r.oid = s.relid
WHERE r.relkind = 'r'
  AND s.schemaname NOT LIKE 'pg\_%' AND s.schemaname <> 'bench_meta'
ORDER BY 1;
