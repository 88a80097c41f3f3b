-- injection: A row count that is a hundred times too small
-- kind: database
-- caught-by: nothing
-- why: The planner believes in a small table, and no better way to its rows exists: no more work, so nothing to find.
UPDATE pg_class SET reltuples = reltuples / 100 WHERE oid = 'crm.automation_run_steps'::regclass;
