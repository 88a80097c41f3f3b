-- Is there a trigger of that name on that table?

EXISTS (
    SELECT FROM pg_trigger
    WHERE tgrelid = to_regclass({{table}}) AND tgname = (parse_ident({{name}})::name[])[1])
