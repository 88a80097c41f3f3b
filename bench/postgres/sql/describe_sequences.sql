-- The sequences, but for those of identity columns, which come and go with their column. What every sequence has unless
-- somebody says otherwise is NULL: a range from 1 up (or from -1 down), steps of 1, no cache, no cycle.
SELECT format('%I.%I', n.nspname, c.relname)                                     AS identifier,
       nullif(format_type(s.seqtypid, NULL), 'bigint')                           AS type,
       nullif(s.seqincrement, 1)                                                 AS increment,
       CASE WHEN s.seqstart <> CASE WHEN s.seqincrement > 0 THEN s.seqmin ELSE s.seqmax END
            THEN s.seqstart END                                                  AS start,
       CASE WHEN s.seqincrement > 0 AND s.seqmin <> 1
              OR s.seqincrement < 0 AND s.seqmin NOT IN (-2147483648, -9223372036854775808, -32768)
            THEN s.seqmin END                                                    AS minimum,
       CASE WHEN s.seqincrement < 0 AND s.seqmax <> -1
              OR s.seqincrement > 0 AND s.seqmax NOT IN (2147483647, 9223372036854775807, 32767)
            THEN s.seqmax END                                                    AS maximum,
       nullif(s.seqcache, 1)                                                     AS cache,
       s.seqcycle                                                                AS cycle,
       (SELECT format('%I.%I.%I', tn.nspname, t.relname, a.attname)
        FROM pg_depend AS d
        JOIN pg_class AS t ON t.oid = d.refobjid
        JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
        JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a'
          AND d.refclassid = 'pg_class'::regclass)                               AS owned_by,
       obj_description(c.oid, 'pg_class')                                        AS comment
FROM pg_sequence AS s
JOIN pg_class AS c ON c.oid = s.seqrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'bench_meta')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('e', 'i'))
ORDER BY 1;
