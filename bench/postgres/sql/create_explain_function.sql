-- A new database of a server of ours, beside the function for extensions: only a superuser may load auto_explain, and the
-- workload's role needs it to see the plans inside of the functions that its statements call. It does nothing by itself.
CREATE FUNCTION bench_meta.load_auto_explain() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    LOAD 'auto_explain';
END
$$;
