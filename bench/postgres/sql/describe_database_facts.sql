-- The database itself: whether its collation sorts by bytes, and which extensions are there or could be.
SELECT d.datlocprovider = 'b' OR d.datlocprovider = 'c' AND d.datcollate IN ('C', 'POSIX')  AS collation_is_c,
       current_setting('server_version_num')::int                                            AS version,
       ARRAY(SELECT name::text FROM pg_available_extensions ORDER BY 1)                 AS available,
       (SELECT coalesce(jsonb_object_agg(e.extname, n.nspname), '{}')
        FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace)        AS installed
FROM pg_database AS d
WHERE d.datname = current_database();
