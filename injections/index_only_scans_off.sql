-- injection: Index-only scans switched off
-- kind: settings
-- query: automation_enrolment, automation_monitor
-- caught-by: counters
-- why: Covering indexes cover nothing: each row is fetched from the table.
SET enable_indexonlyscan = off;
