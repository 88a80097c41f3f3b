-- injection: Too little memory for sorting
-- kind: settings
-- caught-by: nothing
-- why: What is left to sort, since totals and rollups are kept, fits into 64 kB: no temporary file.
SET work_mem = '64kB';
