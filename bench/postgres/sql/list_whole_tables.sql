-- Those of the named tables that are not part of another one, with the columns that a statement may fill.
SELECT wanted.name,
       array_agg(a.attname::text ORDER BY a.attnum) AS columns
FROM unnest($1::text[]) AS wanted (name)
JOIN pg_class AS r ON r.oid = wanted.name::regclass
JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE NOT r.relispartition
GROUP BY wanted.name
ORDER BY wanted.name;
