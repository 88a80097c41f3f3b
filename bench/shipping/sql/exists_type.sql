-- Is there a type or domain of that name?

to_regtype({{name}}) IS NOT NULL
