-- Is that column of that table NOT NULL?

EXISTS (
    SELECT FROM pg_attribute
    WHERE attrelid = to_regclass({{table}}) AND attname = (parse_ident({{name}})::name[])[1] AND attnotnull)
