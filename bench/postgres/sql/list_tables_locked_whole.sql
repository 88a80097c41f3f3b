-- Tables that this transaction has locked against everybody: TRUNCATE counts no row as written, but takes this lock.
SELECT DISTINCT format('%I.%I', n.nspname, r.relname) AS name
FROM pg_locks AS l
JOIN pg_class AS r ON r.oid = l.relation AND r.relkind = 'r'
JOIN pg_namespace AS n ON n.oid = r.relnamespace
WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database());
