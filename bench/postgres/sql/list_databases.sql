-- Every database of the server whose name begins with our prefix, with its comment (our mark) and its size.
-- The comment tells ours from a stranger's that happens to share the prefix; what pgproof made in another role may be
-- seen by this one, and neither marked nor dropped. Sessions that Citus keeps for itself are nobody who works there.
SELECT d.datname                                                                   AS name,
       shobj_description(d.oid, 'pg_database')                                     AS mark,
       pg_database_size(d.oid)                                                     AS size_bytes,
       pg_has_role(d.datdba, 'USAGE')                                              AS may_drop,
       (SELECT count(*) FROM pg_stat_activity AS a
        WHERE a.datid = d.oid AND coalesce(a.application_name, '') NOT LIKE 'citus\_internal%'
          AND coalesce(a.application_name, '') <> 'Citus Maintenance Daemon')      AS connections
FROM pg_database AS d
WHERE starts_with(d.datname, $1)
ORDER BY d.datname;
