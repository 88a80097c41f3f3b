-- The columns of the tables $1 (oids) in their order, and the fields of composite types. A sequence is a column's where it
-- was made with it (serial, identity), or where its default asks it. From identifier on: what tells a column from another
-- one of its name beyond that, in words of SQL, and NULL where it is what every such column has.
SELECT a.attrelid::bigint                                     AS relation,
       a.attname::text                                        AS name,
       a.atttypid::bigint                                     AS type,
       a.atttypmod                                            AS modifier,
       format_type(a.atttypid, a.atttypmod)                   AS text,
       a.attnotnull                                           AS not_null,
       coalesce(pg_get_expr(d.adbin, d.adrelid), '')          AS default,
       CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' ELSE '' END          AS generated,
       CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' ELSE '' END        AS identity,
       coalesce(s.name, '')                                   AS sequence,
       coalesce(col_description(a.attrelid, a.attnum), '')    AS comment,
       quote_ident(a.attname)                                 AS identifier,
       a.attinhcount > 0 AND NOT a.attislocal                 AS inherited,
       CASE WHEN a.attcollation <> t.typcollation AND a.attcollation <> 0
            THEN (SELECT format('%I.%I', cn.nspname, c.collname)
                  FROM pg_collation AS c JOIN pg_namespace AS cn ON cn.oid = c.collnamespace
                  WHERE c.oid = a.attcollation) END           AS collation,
       EXISTS (SELECT FROM pg_constraint AS c
               WHERE c.conrelid = a.attrelid AND c.contype = 'n' AND a.attnum = ANY (c.conkey)
                 AND NOT c.convalidated)                      AS not_null_unvalidated,
       nullif(a.attstattarget, -1)::int                       AS statistics_target,
       a.attoptions                                           AS options,
       CASE WHEN a.attstorage <> t.typstorage
            THEN CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main'
                                   ELSE 'extended' END END    AS storage,
       CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression
FROM pg_attribute AS a
JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN LATERAL (
    SELECT format('%I.%I', n.nspname, q.relname) AS name
    FROM pg_depend AS k
    JOIN pg_class AS q ON q.relkind = 'S'
                      AND q.oid = CASE WHEN k.classid = 'pg_attrdef'::regclass THEN k.refobjid ELSE k.objid END
    JOIN pg_namespace AS n ON n.oid = q.relnamespace
    WHERE k.classid = 'pg_class'::regclass AND k.refclassid = 'pg_class'::regclass
          AND k.refobjid = a.attrelid AND k.refobjsubid = a.attnum AND k.deptype IN ('a', 'i')
       OR k.classid = 'pg_attrdef'::regclass AND k.objid = d.oid AND k.refclassid = 'pg_class'::regclass
    ORDER BY k.classid = 'pg_attrdef'::regclass DESC
    LIMIT 1) AS s ON true
WHERE a.attrelid = ANY ($1::bigint[]::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum;
