-- A step that is left out where it is done already.

SELECT {{done}} AS pgproof_done \gset
\if :pgproof_done
  \echo '  there already, left as it is'
\else
{{otherwise}}
\endif
