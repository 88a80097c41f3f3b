-- Which of the functions named here execute statements of their own, as far as the catalog tells: those in a language that
-- is written in SQL, outside of PostgreSQL's own schemas and of extensions. $1: names, with or without their schema.
SELECT DISTINCT p.proname AS name
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_language AS l ON l.oid = p.prolang
WHERE p.proname = ANY ($1::text[] || ARRAY(SELECT substring(name FROM '[^.]*$') FROM unnest($1::text[]) AS name))
  AND l.lanname NOT IN ('internal', 'c')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND (p.proname = ANY ($1::text[]) OR n.nspname || '.' || p.proname = ANY ($1::text[]))
  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e');
