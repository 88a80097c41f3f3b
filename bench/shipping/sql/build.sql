-- One index, built beside the traffic. IF NOT EXISTS would take the invalid one of an interrupted build for good.
-- No lock_timeout: it waits for old transactions, but nobody waits behind it, and giving up would leave it invalid.

SET lock_timeout = 0;
SELECT coalesce(bool_or(i.indisvalid), false)           AS pgproof_valid,
       coalesce(bool_or(NOT i.indisvalid), false)       AS pgproof_invalid,
       coalesce(max(pg_get_indexdef(i.indexrelid)), '') AS pgproof_definition
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
WHERE i.indrelid = to_regclass({{table}}) AND c.relname = (parse_ident({{index}})::name[])[1] \gset
\if :pgproof_invalid
  \echo '  an interrupted build left it invalid: dropped, and built anew'
  SELECT format('DROP INDEX CONCURRENTLY %s', i.indexrelid::regclass)
  FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
  WHERE i.indrelid = to_regclass({{table}}) AND c.relname = (parse_ident({{index}})::name[])[1] \gexec
\endif
\if :pgproof_valid
  \echo '  there already:' :pgproof_definition
\else
\set ON_ERROR_STOP off
{{statement}}
\set ON_ERROR_STOP on
{{insist}}
-- Values of an expression have no statistics until the table is analyzed.
SELECT format('ANALYZE %s', i.indrelid::regclass)
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
WHERE i.indrelid = to_regclass({{table}}) AND c.relname = (parse_ident({{index}})::name[])[1] AND i.indexprs IS NOT NULL \gexec
\endif
