-- The publication by which Supabase tells clients of changes; tables are added to it.
CREATE PUBLICATION supabase_realtime;
