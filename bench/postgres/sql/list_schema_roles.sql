-- The roles that were made for schemas ($1 is the comment on them) and that something in this database belongs to, or
-- grants a right to.
SELECT DISTINCT r.rolname AS name
FROM pg_shdepend AS d
JOIN pg_database AS b ON b.oid = d.dbid AND b.datname = current_database()
JOIN pg_roles AS r ON d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid
WHERE shobj_description(r.oid, 'pg_authid') = $1
ORDER BY 1;
