-- What a statement of the workload can name, or have executed: without it the statement cannot be planned. Indexes,
-- constraints and statistics are not among it.
SELECT r.oid::bigint AS oid
FROM pg_class AS r
WHERE r.relkind NOT IN ('i', 'I', 't') AND r.oid >= 16384
UNION ALL
SELECT p.oid::bigint
FROM pg_proc AS p
WHERE p.oid >= 16384
UNION ALL
SELECT t.oid::bigint
FROM pg_type AS t
WHERE t.oid >= 16384;
