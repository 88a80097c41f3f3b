-- The roles that were made for schemas ($1 is the comment on them) and that no object of any database depends upon.
SELECT r.rolname AS name
FROM pg_roles AS r
WHERE shobj_description(r.oid, 'pg_authid') = $1
  AND NOT EXISTS (SELECT FROM pg_shdepend AS d WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid)
ORDER BY 1;
