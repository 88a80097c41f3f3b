-- The columns of every table whose rows a statement may write, by table, in the order of their names: what two
-- databases both have is what their content can be compared by. Tables that hold rows of partitions hold none of their
-- own; ours are left out.
SELECT format('%I.%I', n.nspname, r.relname)                             AS name,
       array_agg(a.attname::text ORDER BY a.attname COLLATE "C")         AS columns,
       array_agg(a.atttypid::regtype::text ORDER BY a.attname COLLATE "C") AS types
FROM pg_class AS r
JOIN pg_namespace AS n ON n.oid = r.relnamespace
JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE r.relkind = 'r'
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
GROUP BY n.nspname, r.relname
ORDER BY 1;
