-- The settings that shape plans, work and times, with their units, for the run's record.
SELECT name, setting || coalesce(' ' || unit, '') AS value
FROM pg_settings
WHERE name IN (
    'autovacuum', 'block_size', 'checkpoint_timeout', 'data_checksums', 'default_statistics_target',
    'effective_cache_size', 'fsync', 'full_page_writes', 'geqo_seed', 'io_method', 'jit', 'lc_collate',
    'maintenance_work_mem', 'max_parallel_workers_per_gather', 'max_wal_size', 'plan_cache_mode', 'random_page_cost',
    'seq_page_cost', 'server_encoding', 'shared_buffers', 'synchronize_seqscans', 'synchronous_commit', 'timezone',
    'track_io_timing', 'wal_level', 'work_mem')
ORDER BY name;
