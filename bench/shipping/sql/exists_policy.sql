-- Is there a policy of that name on that table?

EXISTS (
    SELECT FROM pg_policy
    WHERE polrelid = to_regclass({{table}}) AND polname = (parse_ident({{name}})::name[])[1])
