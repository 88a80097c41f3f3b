-- A column of a table that a statement may set to its own value.
SELECT attname AS name
FROM pg_attribute
WHERE attrelid = $1::text::regclass
  AND attnum > 0
  AND NOT attisdropped
  AND attgenerated = ''
  AND attidentity <> 'a'
ORDER BY attnum
LIMIT 1;
