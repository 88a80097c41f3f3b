-- The body of a function that inserts the staged rows one by one and says which of them the table refuses, and why. An
-- exception costs one row, whatever raises it: a CHECK, a key, an expression of an index, a domain.
DECLARE
    staged pg_temp.pgproof_staged;
    violated text;
BEGIN
    FOR staged IN SELECT * FROM pg_temp.pgproof_staged LOOP
        number := staged./* number */;
        reason := NULL;
        BEGIN
            /* INSERT */;
        EXCEPTION WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME;
            reason := SQLERRM || CASE WHEN violated <> '' AND strpos(SQLERRM, violated) = 0
                                      THEN format(' (%s)', violated) ELSE '' END;
        END;
        RETURN NEXT;
    END LOOP;
END
