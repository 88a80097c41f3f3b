-- Tables by the names that distribution.sql gives them, each with its distribution column and the table that it is to lie
-- beside. $1 names of tables, $2 their columns ('' for a reference table), $3 the other tables ('' where none is named, and
-- 'none' where it is to lie alone). What does not exist is NULL.
SELECT w.place::int AS place,
       (SELECT format('%I.%I', n.nspname, c.relname)
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.oid = to_regclass(w.table_name) AND c.relkind IN ('r', 'p')) AS table_name,
       CASE WHEN w.column_name = '' THEN ''
            ELSE (SELECT a.attname FROM pg_attribute AS a
                  WHERE a.attrelid = to_regclass(w.table_name) AND a.attname = w.column_name
                    AND a.attnum > 0 AND NOT a.attisdropped) END AS column_name,
       CASE WHEN w.beside IN ('', 'none') THEN w.beside
            ELSE (SELECT format('%I.%I', n.nspname, c.relname)
                  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                  WHERE c.oid = to_regclass(w.beside)) END AS beside
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS w (table_name, column_name, beside, place)
ORDER BY w.place
