-- The extensions that the schema asked for; plpgsql is in every database.
SELECT extname::text AS name FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1;
