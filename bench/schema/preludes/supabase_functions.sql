-- The trigger function by which Supabase calls a web hook: here it calls nobody.
CREATE SCHEMA IF NOT EXISTS supabase_functions;

CREATE FUNCTION supabase_functions.http_request() RETURNS trigger
LANGUAGE plpgsql
AS $$ BEGIN RETURN NEW; END $$;
