-- Are there extended statistics of that name?

EXISTS (
    SELECT FROM pg_statistic_ext AS o, (SELECT parse_ident({{name}})::name[] AS part) AS wanted
    WHERE o.stxname = part[cardinality(part)]
      AND CASE cardinality(part) WHEN 1 THEN pg_statistics_obj_is_visible(o.oid)
          ELSE o.stxnamespace = (SELECT oid FROM pg_namespace WHERE nspname = part[1]) END)
