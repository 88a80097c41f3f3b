-- Whether this role may set session_replication_role, which keeps triggers and foreign keys out of a statement.
SELECT rolsuper OR has_parameter_privilege('session_replication_role', 'SET') AS allowed
FROM pg_roles
WHERE rolname = current_user;
