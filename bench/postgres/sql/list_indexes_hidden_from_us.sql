-- Indexes that this transaction made and that the planner will not use in it: rows changed in place before the build
-- (HOT chains) are not in them under the keys that older snapshots see (README.HOT of the server's source).
SELECT format('%I.%I', n.nspname, r.relname)    AS name
FROM pg_index AS i
JOIN pg_class AS r ON r.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = r.relnamespace
WHERE i.indcheckxmin
  AND i.xmin = pg_current_xact_id()::xid
ORDER BY 1;
