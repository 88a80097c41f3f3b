-- The GIN indexes of these tables that put new entries on a pending list first, for somebody else to merge.
SELECT format('%I.%I', n.nspname, r.relname) AS name
FROM pg_index AS i
JOIN pg_class AS r ON r.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = r.relnamespace
JOIN pg_am AS a ON a.oid = r.relam
WHERE a.amname = 'gin'
  AND r.relkind = 'i'
  AND i.indrelid = ANY ($1::text[]::regclass[])
  AND NOT EXISTS (SELECT
                  FROM pg_options_to_table(r.reloptions)
                  WHERE option_name = 'fastupdate' AND NOT option_value::boolean)
ORDER BY 1;
