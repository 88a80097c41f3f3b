-- The types $1 (oids) and all that they are made of: elements, subtypes, fields, what domains are over.
-- kind: as pg_type.typtype has it, 'a' for an array.
WITH RECURSIVE part (oid) AS (
    SELECT unnest($1::bigint[]::oid[])
    UNION
    SELECT next.oid
    FROM part
    JOIN pg_type AS t ON t.oid = part.oid
    CROSS JOIN LATERAL (
        SELECT t.typelem UNION ALL SELECT t.typbasetype
        UNION ALL SELECT r.rngsubtype FROM pg_range AS r WHERE r.rngtypid = t.oid OR r.rngmultitypid = t.oid
        UNION ALL SELECT a.atttypid FROM pg_attribute AS a
                  WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS next (oid)
    WHERE next.oid <> 0
)
SELECT t.oid::bigint                                                                   AS oid,
       t.typname::text                                                                 AS name,
       n.nspname::text                                                                 AS schema_name,
       CASE WHEN e.oid IS NOT NULL THEN 'a' ELSE t.typtype::text END                   AS kind,
       coalesce(e.oid, r.rngsubtype, 0)::bigint                                        AS element,
       format_type(coalesce(r.rngsubtype, 0), -1)                                      AS element_text,
       t.typbasetype::bigint                                                           AS base,
       t.typtypmod                                                                     AS base_modifier,
       format_type(t.typbasetype, t.typtypmod)                                         AS base_text,
       t.typnotnull                                                                    AS not_null,
       CASE WHEN t.typtype = 'c' THEN t.typrelid::bigint END                           AS relation,
       ARRAY(SELECT l.enumlabel::text FROM pg_enum AS l WHERE l.enumtypid = t.oid ORDER BY l.enumsortorder) AS labels,
       coalesce((SELECT x.extname::text FROM pg_depend AS d JOIN pg_extension AS x ON x.oid = d.refobjid
                 WHERE d.classid = 'pg_type'::regclass AND d.objid = coalesce(e.oid, t.oid) AND d.deptype = 'e'
                   AND d.refclassid = 'pg_extension'::regclass), '')                   AS extension,
       format('%I.%I', n.nspname, t.typname)                                           AS identifier,
       t.typdefault                                                                    AS default,
       CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation
            THEN (SELECT format('%I.%I', cn.nspname, c.collname)
                  FROM pg_collation AS c JOIN pg_namespace AS cn ON cn.oid = c.collnamespace
                  WHERE c.oid = t.typcollation) END                                    AS collation,
       obj_description(t.oid, 'pg_type')                                               AS comment
FROM part
JOIN pg_type AS t ON t.oid = part.oid
JOIN pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_type AS e ON e.typarray = t.oid
LEFT JOIN pg_type AS b ON b.oid = t.typbasetype
LEFT JOIN pg_range AS r ON r.rngtypid = t.oid OR r.rngmultitypid = t.oid;
