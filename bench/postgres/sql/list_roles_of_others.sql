-- The roles that were not made for a schema: those of the server itself, and whatever else is there. $1 is the comment
-- on those that were.
SELECT rolname AS name
FROM pg_roles
WHERE shobj_description(oid, 'pg_authid') IS DISTINCT FROM $1 AND rolname NOT LIKE 'pg\_%';
