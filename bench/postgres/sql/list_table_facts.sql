-- Tables and partitioned tables of the workload with rows and pages as the statistics know them; a partitioned one has those
-- of its partitions. Names are those of the catalog, quoted nowhere.
SELECT n.nspname || '.' || c.relname                                                    AS name,
       CASE WHEN c.relkind = 'p' THEN parts.rows ELSE greatest(c.reltuples, 0)::bigint END AS rows,
       CASE WHEN c.relkind = 'p' THEN parts.pages
            ELSE pg_relation_size(c.oid) / current_setting('block_size')::bigint END    AS pages
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT coalesce(sum(greatest(leaf.reltuples, 0)), 0)::bigint                         AS rows,
           coalesce(sum(pg_relation_size(leaf.oid) / current_setting('block_size')::bigint), 0)::bigint AS pages
    FROM pg_partition_tree(CASE WHEN c.relkind = 'p' THEN c.oid END) AS part
    JOIN pg_class AS leaf ON leaf.oid = part.relid
    WHERE part.isleaf
) AS parts
WHERE c.relkind IN ('r', 'p', 'm')
  AND n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
ORDER BY 1;
