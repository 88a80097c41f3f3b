-- Is there a usable index of that name on that table?

EXISTS (
    SELECT FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
    WHERE i.indrelid = to_regclass({{table}}) AND c.relname = (parse_ident({{name}})::name[])[1] AND i.indisvalid)
