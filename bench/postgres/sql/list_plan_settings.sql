-- What shapes plans beside schema and rows, as this session has it: the planner's settings, memory for sorts and hashes, jit,
-- and the collation of the database. Those that have PostgreSQL's own value come too.
SELECT name, current_setting(name) AS value
FROM pg_settings
WHERE category LIKE 'Query Tuning%' OR name IN ('work_mem', 'hash_mem_multiplier', 'jit', 'max_parallel_workers')
UNION ALL
SELECT 'collation of the database', datcollate FROM pg_database WHERE datname = current_database()
ORDER BY name;
