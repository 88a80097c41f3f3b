-- Reads every table and index of this database into the server's memory, the largest first, so that what does not fit any
-- more pushes out the large and not the small; returns the number of blocks. bench_meta.pg_prewarm is of the extension. What
-- this role may not read is PostgreSQL's own: the long values of its catalogs.
SELECT coalesce(sum(bench_meta.pg_prewarm(oid)), 0)::bigint AS blocks
FROM (SELECT c.oid
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'i', 't', 'm') AND n.nspname NOT IN ('information_schema', 'pg_catalog')
        AND has_table_privilege(c.oid, 'SELECT')
      ORDER BY c.relpages DESC, c.oid) AS relations;
