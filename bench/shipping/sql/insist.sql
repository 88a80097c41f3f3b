-- Fail unless the index is there and valid. The body of a DO block.

BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE i.indrelid = to_regclass({{table}}) AND i.indisvalid AND c.relname = (parse_ident({{index}})::name[])[1]
    ) THEN
        RAISE EXCEPTION 'index % on % was not built: the error is above', {{index}}, {{table}}
            USING HINT = 'what is left of it is invalid, serves no query and costs every write: put the cause right and '
                'run this script again, which builds it anew, or drop it with DROP INDEX CONCURRENTLY';
    END IF;
END
