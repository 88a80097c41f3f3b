-- The version of the extension Citus in this database; no row where it is not there.
SELECT x.extversion AS version
FROM pg_extension AS x
WHERE x.extname = 'citus'
