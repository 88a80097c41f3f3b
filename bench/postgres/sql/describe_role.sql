-- What this role may do beyond its own databases: everything; or set session_replication_role, which keeps triggers and
-- foreign keys out of a statement.
SELECT rolsuper                                                                AS is_superuser,
       rolsuper OR has_parameter_privilege('session_replication_role', 'SET')  AS may_skip_triggers
FROM pg_roles
WHERE rolname = current_user;
