-- The named indexes and tables with their sizes; a table's holds its TOAST. What has no storage of its own gives no row.
SELECT wanted.name                                                              AS name,
       format('%I.%I', n.nspname, t.relname)                                    AS table_name,
       a.amname                                                                 AS method,
       CASE WHEN r.relkind = 'i' THEN pg_relation_size(r.oid)
            ELSE pg_table_size(r.oid) END                                       AS size_bytes,
       pg_table_size(t.oid)                                                     AS table_bytes
FROM unnest($1::text[]) WITH ORDINALITY AS wanted (name, place)
JOIN pg_class AS r ON r.oid = to_regclass(wanted.name)
JOIN pg_am AS a ON a.oid = r.relam
LEFT JOIN pg_index AS i ON i.indexrelid = r.oid
JOIN pg_class AS t ON t.oid = coalesce(i.indrelid, r.oid)
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE r.relkind IN ('i', 'r', 'm')
ORDER BY wanted.place;
