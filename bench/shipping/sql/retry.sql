-- Run one statement; while it does not get its lock, let everybody else pass, and try again after a pause.
-- The body of a DO block. COMMIT between two attempts: no transaction is left open while it sleeps.

DECLARE
    statement CONSTANT text := {{statement}};
    holders   text;
BEGIN
    FOR attempt IN 1..{{attempts}} LOOP
        BEGIN
            EXECUTE statement;
            RETURN;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            SELECT string_agg(DISTINCT format('pid %s (%s, %s)', a.pid, a.application_name, a.state), ', ')
            INTO holders
            FROM pg_locks AS l
            JOIN pg_stat_activity AS a ON a.pid = l.pid
            WHERE l.relation = to_regclass({{table}}) AND l.granted AND l.pid <> pg_backend_pid();
            IF attempt = {{attempts}} THEN
                RAISE lock_not_available USING
                    MESSAGE = format('no lock in {{attempts}} attempts: %s', statement),
                    DETAIL = format('sessions that hold locks on its table: %s', coalesce(holders, 'not known')),
                    HINT = 'wait for them or end them, then run this script again: it goes on here';
            END IF;
            RAISE NOTICE 'attempt % of {{attempts}}: no lock yet; held by %', attempt, coalesce(holders, 'somebody');
        END;
        COMMIT;
        PERFORM pg_sleep(least(attempt * {{pause}}, {{pause_max}}));
    END LOOP;
END
