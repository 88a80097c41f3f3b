-- Who keeps VACUUM from removing rows of this database: sessions with an old snapshot, prepared transactions, slots.
SELECT format('session %s (%s)', pid, coalesce(nullif(application_name, ''), 'without a name')) AS holder
FROM pg_stat_activity
WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database()
UNION ALL
SELECT format('prepared transaction %L', gid) FROM pg_prepared_xacts WHERE database = current_database()
UNION ALL
SELECT format('replication slot %s', slot_name) FROM pg_replication_slots WHERE xmin IS NOT NULL
ORDER BY 1;
