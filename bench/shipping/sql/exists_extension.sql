-- Is that extension installed?

EXISTS (SELECT FROM pg_extension WHERE extname = (parse_ident({{name}})::name[])[1])
