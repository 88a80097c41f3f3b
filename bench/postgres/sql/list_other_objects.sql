-- What somebody made of the kinds that no other question describes, by the names that PostgreSQL has for kind and object:
-- collations, operators, casts, text search, foreign servers, publications. 16384 is the first number that is no
-- built-in object's (FirstNormalObjectId in PostgreSQL's access/transam.h).
SELECT o.type       AS kind,
       o.identity   AS identifier
FROM (SELECT 'pg_collation'::regclass AS class, oid FROM pg_collation
      UNION ALL SELECT 'pg_operator'::regclass, oid FROM pg_operator
      UNION ALL SELECT 'pg_opclass'::regclass, oid FROM pg_opclass
      UNION ALL SELECT 'pg_opfamily'::regclass, oid FROM pg_opfamily
      UNION ALL SELECT 'pg_cast'::regclass, oid FROM pg_cast
      UNION ALL SELECT 'pg_conversion'::regclass, oid FROM pg_conversion
      UNION ALL SELECT 'pg_ts_config'::regclass, oid FROM pg_ts_config
      UNION ALL SELECT 'pg_ts_dict'::regclass, oid FROM pg_ts_dict
      UNION ALL SELECT 'pg_ts_parser'::regclass, oid FROM pg_ts_parser
      UNION ALL SELECT 'pg_ts_template'::regclass, oid FROM pg_ts_template
      UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid FROM pg_foreign_data_wrapper
      UNION ALL SELECT 'pg_foreign_server'::regclass, oid FROM pg_foreign_server
      UNION ALL SELECT 'pg_publication'::regclass, oid FROM pg_publication
      UNION ALL SELECT 'pg_event_trigger'::regclass, oid FROM pg_event_trigger
      UNION ALL SELECT 'pg_transform'::regclass, oid FROM pg_transform
      UNION ALL SELECT 'pg_am'::regclass, oid FROM pg_am) AS made
CROSS JOIN LATERAL pg_identify_object(made.class, made.oid, 0) AS o
WHERE made.oid >= 16384
  AND o.identity IS NOT NULL
  AND coalesce(o.schema, '') NOT IN ('information_schema', 'bench_meta')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = made.class AND d.objid = made.oid AND d.deptype IN ('e', 'i'))
ORDER BY 1, 2;
