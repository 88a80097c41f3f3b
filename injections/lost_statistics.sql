-- injection: Statistics lost
-- kind: database
-- query: lead_scoring_analysis
-- caught-by: counters
-- why: Without them the planner expects a handful of score changes and compares every lead with every one of them.
DELETE FROM pg_statistic WHERE starelid = 'crm.lead_score_history'::regclass;
