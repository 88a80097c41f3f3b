-- injection: Extended statistics dropped
-- kind: database
-- caught-by: nothing
-- why: Estimates get worse, but every plan stays as it is: no more work, so nothing to find.
DROP STATISTICS public.leads_status_statistics;
