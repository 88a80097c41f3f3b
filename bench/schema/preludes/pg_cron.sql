-- The functions by which jobs are given to the extension pg_cron: here no job ever begins.
CREATE SCHEMA IF NOT EXISTS cron;

CREATE FUNCTION cron.schedule(schedule text, command text) RETURNS bigint
LANGUAGE sql
AS $$ SELECT 1::bigint $$;

CREATE FUNCTION cron.schedule(job_name text, schedule text, command text) RETURNS bigint
LANGUAGE sql
AS $$ SELECT 1::bigint $$;

CREATE FUNCTION cron.schedule_in_database(
    job_name text, schedule text, command text, database text, username text DEFAULT NULL, active boolean DEFAULT true
) RETURNS bigint
LANGUAGE sql
AS $$ SELECT 1::bigint $$;

CREATE FUNCTION cron.unschedule(job_id bigint) RETURNS boolean
LANGUAGE sql
AS $$ SELECT true $$;

CREATE FUNCTION cron.unschedule(job_name text) RETURNS boolean
LANGUAGE sql
AS $$ SELECT true $$;
