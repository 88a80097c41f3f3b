-- The locks on relations that the backend $1 holds now and that other work can feel, strongest mode first.
SELECT l.mode                                       AS mode,
       r.oid                                        AS oid,
       format('%I.%I', n.nspname, r.relname)        AS relation
FROM pg_locks AS l
JOIN pg_class AS r ON r.oid = l.relation
JOIN pg_namespace AS n ON n.oid = r.relnamespace
WHERE l.pid = $1
  AND l.granted
  AND l.locktype = 'relation'
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND l.mode IN ('AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock',
                 'ShareUpdateExclusiveLock')
ORDER BY array_position(ARRAY['AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock',
                              'ShareUpdateExclusiveLock'], l.mode), 3;
