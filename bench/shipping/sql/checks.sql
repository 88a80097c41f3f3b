-- What has to hold before anything is done. The body of a DO block.

DECLARE
    found record;
BEGIN
    IF NOT pg_try_advisory_lock(hashtextextended('pgproof ship-script', 0)) THEN
        RAISE EXCEPTION 'another session runs a script of pgproof in this database'
            USING HINT = 'wait for it; in pg_stat_activity its application_name begins with pgproof ship-script';
    END IF;
    FOR found IN
        SELECT w.what, w.index_name, w.table_name, r.relkind, i.indisvalid, p.pid
        FROM (VALUES
            {{wanted}}
        ) AS w (what, index_name, table_name)
        JOIN pg_class AS r ON r.oid = to_regclass(w.table_name)
        LEFT JOIN (pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid)
            ON i.indrelid = r.oid AND c.relname = (parse_ident(w.index_name)::name[])[1]
        LEFT JOIN pg_stat_progress_create_index AS p ON p.index_relid = i.indexrelid
    LOOP
        IF found.pid IS NOT NULL THEN
            RAISE EXCEPTION 'index % is being built right now by the session with pid %', found.index_name, found.pid
                USING HINT = 'wait for it, then run this script again';
        ELSIF found.relkind = 'p' AND found.what = 'index' AND found.indisvalid IS NOT TRUE THEN
            RAISE EXCEPTION 'table % is partitioned: PostgreSQL builds no index CONCURRENTLY on it (index %)',
                found.table_name, found.index_name
                USING HINT = 'by hand: CREATE INDEX ... ON ONLY the table, CREATE INDEX CONCURRENTLY on each partition, '
                    'ALTER INDEX ... ATTACH PARTITION for each; then run this script again';
        ELSIF found.relkind = 'p' AND found.what = 'foreign key'
            AND current_setting('server_version_num')::integer < 180000 THEN
            RAISE EXCEPTION 'table % is partitioned: before PostgreSQL 18 it takes no foreign key NOT VALID',
                found.table_name
                USING HINT = 'by hand: add it to each partition, NOT VALID and then validated, and then to the table';
        END IF;
    END LOOP;
END
