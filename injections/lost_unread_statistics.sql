-- injection: Statistics lost that no plan hangs on
-- kind: database
-- caught-by: nothing
-- why: The table is read by its key alone, so every plan stays as it is: no more work, so nothing to find.
DELETE FROM pg_statistic WHERE starelid = 'crm.lead_assignments'::regclass;
