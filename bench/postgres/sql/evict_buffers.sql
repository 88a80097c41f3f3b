-- Empty the server's buffers, all of them (PostgreSQL 18, pg_buffercache 1.6): what was changed is written first, and what
-- somebody is using stays.
SELECT buffers_evicted AS evicted,
       buffers_flushed AS flushed,
       buffers_skipped AS skipped
FROM bench_meta.pg_buffercache_evict_all();
