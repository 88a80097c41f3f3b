-- Indexes that are nothing but a way to read: on columns alone, neither unique nor part of a constraint.
SELECT format('%I.%I', n.nspname, r.relname)    AS name
FROM pg_index AS i
JOIN pg_class AS r ON r.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = r.relnamespace
WHERE i.indexprs IS NULL
  AND NOT i.indisunique
  AND NOT i.indisexclusion
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
ORDER BY 1;
