-- The tables on which somebody builds an index in this database now, and which index. Whoever asks: a role without rights
-- sees that a process builds one, and the locks that it holds, though not what it builds; then it is the table's invalid
-- index where it has one alone. NULL: several may be it, or it is in no catalog before it is done (a plain CREATE INDEX).
WITH building AS (
    SELECT DISTINCT t.oid, t.relnamespace, t.relname, nullif(p.index_relid, 0) AS told
    FROM pg_stat_progress_create_index AS p
    JOIN pg_locks AS l ON l.pid = p.pid AND l.locktype = 'relation' AND l.granted
                      AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock')
    JOIN pg_class AS t ON t.oid = l.relation AND t.relkind IN ('r', 'm', 'p')
    WHERE p.datname = current_database()
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
)
SELECT format('%I.%I', n.nspname, b.relname)                                 AS table_identifier,
       (SELECT min(quote_ident(x.relname))
        FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid
        WHERE i.indrelid = b.oid AND NOT i.indisvalid AND (b.told IS NULL OR i.indexrelid = b.told)
        HAVING count(*) = 1)                                                 AS index_identifier
FROM building AS b
JOIN pg_namespace AS n ON n.oid = b.relnamespace
ORDER BY 1, 2;
