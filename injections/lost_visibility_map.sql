-- injection: The visibility map lost
-- kind: database
-- query: lead_search
-- caught-by: counters
-- why: An update that was rolled back has cleared the bit of nearly every page: index-only scans go to the table.
BEGIN;
UPDATE crm.leads SET phone = phone WHERE id % 20 = 0;
ROLLBACK;
