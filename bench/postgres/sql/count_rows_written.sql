-- Rows that this session has written and not yet reported, by table: asked before and after a statement of one
-- transaction, the difference is what the statement wrote, its triggers included.
SELECT format('%I.%I', schemaname, relname)             AS name,
       schemaname || '.' || relname                     AS plain,
       n_tup_ins + n_tup_upd + n_tup_del                AS rows,
       n_tup_upd                                        AS updated,
       n_tup_hot_upd                                    AS hot_updated
FROM pg_stat_xact_user_tables
WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
  AND schemaname NOT LIKE 'pg\_%' AND schemaname <> 'bench_meta';
