-- The schema in which a Supabase database keeps extensions.
CREATE SCHEMA IF NOT EXISTS extensions;
