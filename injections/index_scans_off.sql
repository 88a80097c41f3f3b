-- injection: Index scans switched off
-- kind: settings
-- query: pipeline_board, communication_history
-- caught-by: counters
-- why: A switch set while searching for something else and never set back: bitmaps and sorts, where rows
--   were read in order.
SET enable_indexscan = off;
