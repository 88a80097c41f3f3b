-- Is there a function or procedure of that name, whatever its parameters?

EXISTS (
    SELECT FROM pg_proc AS o, (SELECT parse_ident({{name}})::name[] AS part) AS wanted
    WHERE o.proname = part[cardinality(part)]
      AND CASE cardinality(part) WHEN 1 THEN pg_function_is_visible(o.oid)
          ELSE o.pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = part[1]) END)
