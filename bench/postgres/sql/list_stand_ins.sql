-- The extensions of this database that are stand-ins of pgproof: those of the given names without a function in C.
SELECT e.extname AS name
FROM pg_extension AS e
WHERE e.extname = ANY ($1::name[])
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  JOIN pg_proc AS p ON p.oid = d.objid AND d.classid = 'pg_proc'::regclass
                  JOIN pg_language AS l ON l.oid = p.prolang
                  WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
                    AND l.lanname = 'c')
ORDER BY e.extname
