-- One attempt of a statement that refuses to run in a transaction block, and the pause after it.

\if :pgproof_busy
\set ON_ERROR_STOP off
{{statement}}
\set pgproof_state :SQLSTATE
\set ON_ERROR_STOP on
SELECT :'pgproof_state' = '55P03' AS pgproof_busy, :'pgproof_state' NOT IN ('00000', '55P03') AS pgproof_failed \gset
\if :pgproof_failed
DO 'BEGIN RAISE EXCEPTION ''the statement failed: the error is above''; END';
\endif
\if :pgproof_busy
  \echo '  attempt {{number}}: no lock yet'
  SELECT pg_sleep({{pause}}) AS pgproof_ignored \gset
\endif
\endif
