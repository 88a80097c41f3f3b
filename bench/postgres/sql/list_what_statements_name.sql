-- Without what a statement of the workload cannot be planned: what it names, or has executed, and the unique index that
-- an ON CONFLICT is about. Other indexes, checks and statistics are not among it.
SELECT r.oid::bigint AS oid
FROM pg_class AS r
LEFT JOIN pg_index AS i ON i.indexrelid = r.oid
WHERE r.relkind <> 't' AND i.indisunique IS NOT FALSE AND r.oid >= 16384
UNION ALL
SELECT p.oid::bigint
FROM pg_proc AS p
WHERE p.oid >= 16384
UNION ALL
SELECT t.oid::bigint
FROM pg_type AS t
WHERE t.oid >= 16384;
