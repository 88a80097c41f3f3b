-- The locks that this transaction holds on relations that existed before it, by the strength of the mode.
-- A lock on a relation that the transaction itself made hinders nobody.
SELECT l.mode                                       AS mode,
       format('%I.%I', n.nspname, r.relname)        AS relation
FROM pg_locks AS l
JOIN pg_class AS r ON r.oid = l.relation
JOIN pg_namespace AS n ON n.oid = r.relnamespace
WHERE l.pid = pg_backend_pid()
  AND l.granted
  AND l.locktype = 'relation'
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
  AND r.oid = ANY ($1)
ORDER BY array_position(ARRAY['AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock',
                              'ShareUpdateExclusiveLock'], l.mode), 2;
