-- Is there an index of that name on that table that belongs to no constraint, usable or not?

EXISTS (
    SELECT FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indrelid = to_regclass({{table}}) AND c.relname = (parse_ident({{name}})::name[])[1]
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid AND contype IN ('p', 'u', 'x')))
