-- Every table that holds rows, or whose partitions do: ordinary, partitioned and foreign ones, partitions and children by
-- inheritance too. What an extension made is left out: its rows are not the application's.
-- names are [schema, table]; keys: of a partitioned table its columns by name, NULL where it is an expression, whose texts
-- stand in key_expressions, joined by commas; triggers are those that somebody made and that INSERT fires.
-- From identifier on: what only tells a table from another one of its name, in words of SQL.
SELECT c.oid::bigint                                                              AS oid,
       n.nspname                                                                  AS schema_name,
       c.relname                                                                  AS table_name,
       c.relkind = 'f'                                                            AS is_foreign,
       c.relispartition                                                           AS is_partition,
       CASE WHEN c.relispartition THEN pg_get_partition_constraintdef(c.oid) END  AS bounds,
       p.partstrat::text                                                          AS strategy,
       pg_get_expr(p.partexprs, p.partrelid)                                      AS key_expressions,
       (SELECT array_agg(a.attname::text ORDER BY k.position)
        FROM unnest(p.partattrs) WITH ORDINALITY AS k (number, position)
        LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number AND k.number > 0) AS keys,
       ARRAY(SELECT leaf.relid::bigint
             FROM pg_partition_tree(c.oid) AS leaf
             WHERE c.relkind = 'p' AND leaf.isleaf AND leaf.relid <> c.oid
             ORDER BY leaf.relid)                                                 AS leaves,
       ARRAY(SELECT i.inhparent::bigint FROM pg_inherits AS i WHERE i.inhrelid = c.oid ORDER BY i.inhseqno) AS parents,
       ARRAY(SELECT t.tgname::text FROM pg_trigger AS t
             WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgtype & 4 = 4
               AND t.tgenabled = 'O' ORDER BY 1)                                  AS triggers,
       ARRAY(SELECT t.tgname::text FROM pg_trigger AS t
             WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgtype & 4 = 4
               AND t.tgenabled IN ('A', 'R') ORDER BY 1)                          AS always_triggers,
       EXISTS (SELECT FROM pg_rewrite AS r WHERE r.ev_class = c.oid AND r.ev_type = '3' AND r.ev_enabled <> 'D')
                                                                                  AS has_insert_rule,
       c.relrowsecurity                                                           AS row_security,
       pg_get_userbyid(c.relowner)::text                                          AS owner,
       coalesce(obj_description(c.oid, 'pg_class'), '')                           AS comment,
       c.relkind = 'p' OR c.relkind = 'r' AND pg_relation_size(c.oid) > 0         AS may_hold_rows,
       format('%I.%I', n.nspname, c.relname)                                      AS identifier,
       pg_get_partkeydef(c.oid)                                                   AS partition_key,
       pg_get_expr(c.relpartbound, c.oid)                                         AS partition_bound,
       ARRAY(SELECT format('%I.%I', un.nspname, u.relname)
             FROM pg_inherits AS i
             JOIN pg_class AS u ON u.oid = i.inhparent
             JOIN pg_namespace AS un ON un.oid = u.relnamespace
             WHERE i.inhrelid = c.oid ORDER BY i.inhseqno)                        AS parent_identifiers,
       c.relpersistence = 'u'                                                     AS unlogged,
       c.relforcerowsecurity                                                      AS force_row_security,
       c.reloptions                                                               AS options,
       ARRAY(SELECT 'toast.' || o
             FROM pg_class AS toast, unnest(toast.reloptions) AS o
             WHERE toast.oid = c.reltoastrelid)                                   AS toast_options,
       CASE c.relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN 'nothing' WHEN 'i' THEN
            (SELECT format('using index %I', x.relname) FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid
             WHERE i.indrelid = c.oid AND i.indisreplident) END                   AS replica_identity,
       (SELECT quote_ident(m.amname) FROM pg_am AS m WHERE m.oid = c.relam AND m.amname <> 'heap') AS access_method,
       (SELECT quote_ident(s.srvname) FROM pg_foreign_table AS f JOIN pg_foreign_server AS s ON s.oid = f.ftserver
        WHERE f.ftrelid = c.oid)                                                  AS foreign_server
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_partitioned_table AS p ON p.partrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'f')
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname;
