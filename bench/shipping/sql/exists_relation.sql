-- Is there a table, view or sequence of that name?

to_regclass({{name}}) IS NOT NULL
