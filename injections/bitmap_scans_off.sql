-- injection: Bitmap scans switched off
-- kind: settings
-- query: json_tag_search, lead_search
-- caught-by: counters
-- why: GIN indexes answer through bitmaps alone, so every one of them is out of use.
SET enable_bitmapscan = off;
