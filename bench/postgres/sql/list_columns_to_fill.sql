-- The columns of the named tables, parts of partitioned ones too, that a statement may fill.
SELECT wanted.name,
       array_agg(a.attname::text ORDER BY a.attnum) AS columns
FROM unnest($1::text[]) AS wanted (name)
JOIN pg_attribute AS a ON a.attrelid = wanted.name::regclass
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
GROUP BY wanted.name
ORDER BY wanted.name;
