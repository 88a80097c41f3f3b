-- End the sessions that Citus itself keeps in a database: its maintenance daemon, and those by which nodes talk to each
-- other. Both come back by themselves. PostgreSQL copies and renames a database only when nobody is connected to it.
SELECT count(pg_terminate_backend(a.pid)) AS ended
FROM pg_stat_activity AS a
WHERE a.datname = $1
  AND (a.application_name LIKE 'citus\_internal%' OR a.application_name = 'Citus Maintenance Daemon')
