-- The tables that Citus spreads over its nodes, each with its distribution column; '' for a reference table, which every
-- node has whole. Only where the extension is there.
SELECT format('%I.%I', n.nspname, c.relname)                                        AS table_name,
       coalesce(column_to_column_name(p.logicalrelid, p.partkey), '')               AS column_name
FROM pg_dist_partition AS p
JOIN pg_class AS c ON c.oid = p.logicalrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE p.partmethod = 'h' OR (p.partmethod = 'n' AND p.repmodel = 't')
ORDER BY 1
