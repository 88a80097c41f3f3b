-- The GIN indexes of these tables that put new entries on a pending list first, for somebody else to merge.
SELECT i.indexrelid::bigint AS oid
FROM pg_index AS i
JOIN pg_class AS r ON r.oid = i.indexrelid
JOIN pg_am AS a ON a.oid = r.relam
WHERE a.amname = 'gin'
  AND i.indrelid = ANY ($1::text[]::regclass[])
  AND NOT EXISTS (SELECT
                  FROM pg_options_to_table(r.reloptions)
                  WHERE option_name = 'fastupdate' AND NOT option_value::boolean)
ORDER BY i.indexrelid;
