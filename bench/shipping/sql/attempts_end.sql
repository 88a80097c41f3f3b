-- Fail where the last attempt got no lock either.

\if :pgproof_busy
DO 'BEGIN RAISE EXCEPTION ''no lock in {{number}} attempts'' USING HINT = ''run this script again: it goes on here''; END';
\endif
