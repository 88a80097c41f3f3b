-- injection: Random reads priced as on a spinning disk
-- kind: settings
-- query: audit_trail, automation_monitor, organization_health_metrics
-- caught-by: counters
-- why: The server's own default, 4, makes the planner prefer sequential reads and reading in the order of the table.
SET random_page_cost = 4;
