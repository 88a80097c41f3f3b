-- The beginning of a script: how psql behaves, what the session is called and waits for, what is checked first.

-- {{what}}. Written by pgproof ship-script.
--
--   psql -X -f THIS_FILE        (psql 13 or later; not with --single-transaction)
--
-- It can be stopped at any time and run again: what is there already is left alone, and what an interrupted build left
-- invalid is made anew. It ends with exit code 3 at the first error. No statement that keeps readers or writers out
-- waits long for its lock: it gives up, lets the others pass, and tries again.
\set ON_ERROR_STOP on
\set AUTOCOMMIT on
\set ON_ERROR_ROLLBACK off
\set QUIET on
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET application_name = {{application}};
SET client_min_messages = notice;
SET default_transaction_read_only = off;
SET default_transaction_isolation = 'read committed';
-- Building and checking takes as long as it takes.
SET statement_timeout = 0;
SELECT count(set_config(name, '0', false)) AS pgproof_ignored FROM pg_settings WHERE name = 'transaction_timeout' \gset
-- A transaction that was left open, by a suspended terminal say, lets its locks go.
SET idle_in_transaction_session_timeout = '60s';

-- Nothing is done where the script could not go to its end.
{{checks}}
