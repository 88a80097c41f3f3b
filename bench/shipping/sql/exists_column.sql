-- Has that table a column of that name?

EXISTS (
    SELECT FROM pg_attribute
    WHERE attrelid = to_regclass({{table}}) AND attname = (parse_ident({{name}})::name[])[1] AND NOT attisdropped)
