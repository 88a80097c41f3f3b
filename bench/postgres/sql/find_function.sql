-- Where the function $1 of one relation is, if this role may call it.
SELECT format('%I.%I', n.nspname, p.proname) AS function
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.proname = $1
  AND p.pronargs = 1
  AND p.proargtypes[0] = 'regclass'::regtype
  AND has_function_privilege(p.oid, 'EXECUTE')
  AND has_schema_privilege(n.oid, 'USAGE')
LIMIT 1;
