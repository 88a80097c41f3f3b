-- The extensions that the schema asked for; plpgsql is in every database.
SELECT extname::text AS name, quote_ident(extname) AS identifier, quote_ident(n.nspname) AS schema
FROM pg_extension
JOIN pg_namespace AS n ON n.oid = extnamespace
WHERE extname <> 'plpgsql'
ORDER BY 1;
