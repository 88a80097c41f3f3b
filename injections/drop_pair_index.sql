-- injection: The index of pairs of letters dropped
-- kind: database
-- query: lead_search
-- caught-by: counters
-- why: A fragment that few have is no longer found by its pairs: all of the tenant's leads are read and doubled.
DROP INDEX crm.leads_search_pairs;
