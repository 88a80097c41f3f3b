-- Is there a constraint of that name on that table?

EXISTS (
    SELECT FROM pg_constraint
    WHERE conrelid = to_regclass({{table}}) AND conname = (parse_ident({{name}})::name[])[1])
