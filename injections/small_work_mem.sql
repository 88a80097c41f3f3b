-- injection: Too little memory for sorting
-- kind: settings
-- query: lead_scoring_analysis
-- caught-by: counters
-- why: 64 kB hold no tenant's leads, so the sort goes through temporary files.
SET work_mem = '64kB';
