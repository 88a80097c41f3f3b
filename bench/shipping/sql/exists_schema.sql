-- Is there a schema of that name?

to_regnamespace({{name}}) IS NOT NULL
