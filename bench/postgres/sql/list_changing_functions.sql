-- Functions and casts that are not immutable, of which no index can be made. A cast without a function of its own goes by
-- the types' input and output functions, of which other code knows.
SELECT p.proname::text                                                            AS name,
       ARRAY(SELECT t.typname::text FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, position)
             JOIN pg_type AS t ON t.oid = a.type ORDER BY a.position)             AS arguments,
       NULL                                                                       AS cast_from,
       NULL                                                                       AS cast_to
FROM pg_proc AS p
WHERE p.prokind = 'f' AND p.provolatile <> 'i'
UNION ALL
SELECT NULL, NULL, s.typname::text, t.typname::text
FROM pg_cast AS c
JOIN pg_proc AS p ON p.oid = c.castfunc AND p.provolatile <> 'i'
JOIN pg_type AS s ON s.oid = c.castsource
JOIN pg_type AS t ON t.oid = c.casttarget
ORDER BY 1, 2, 3, 4;
