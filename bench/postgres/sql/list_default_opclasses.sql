-- Types that an access method has a default operator class for: others cannot be indexed by it without naming one.
SELECT m.amname::text AS method, t.typname::text AS type, quote_ident(o.opcname) AS name
FROM pg_opclass AS o
JOIN pg_am AS m ON m.oid = o.opcmethod
JOIN pg_type AS t ON t.oid = o.opcintype
WHERE o.opcdefault
ORDER BY 1, 2;
