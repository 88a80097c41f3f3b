-- What ANALYZE found in each column of the workload's tables. Of a partitioned table, and of one with children by
-- inheritance, the statistics with its children; the order on disk is not known there.
SELECT DISTINCT ON (1, 2)
       s.schemaname || '.' || s.tablename  AS table_name,
       s.attname                           AS column_name,
       s.n_distinct::float8                AS "distinct",
       s.null_frac::float8                 AS null_share,
       s.avg_width                         AS width,
       s.most_common_vals::text::text[]    AS common_values,
       s.most_common_freqs::float8[]       AS common_shares,
       s.correlation::float8               AS correlation
FROM pg_stats AS s
WHERE s.schemaname NOT LIKE 'pg\_%' AND s.schemaname NOT IN ('information_schema', 'bench_meta')
ORDER BY 1, 2, s.inherited DESC;
