-- A new database of a server of ours, before anything of a workload is in it: its role, no superuser, gets the extensions
-- that only a superuser can create, if they are known to lead to no file, program or other server. It owns them afterwards,
-- as it would own one that PostgreSQL trusts. The function returns false for any other.
CREATE SCHEMA bench_meta AUTHORIZATION pgproof_workload;

CREATE FUNCTION bench_meta.create_extension(wanted text, place text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF wanted <> ALL (ARRAY[
        'address_standardizer', 'amcheck', 'autoinc', 'bloom', 'dict_xsyn', 'earthdistance', 'insert_username', 'intagg',
        'moddatetime', 'pg_buffercache', 'pg_freespacemap', 'pg_prewarm',
        'pg_stat_statements', 'pg_visibility', 'pgrowlocks', 'pgstattuple', 'refint', 'sslinfo', 'xml2',
        'citus', 'hll', 'hypopg', 'ip4r', 'pg_bigm', 'pg_hashids', 'pg_hint_plan', 'pg_partman', 'pg_uuidv7', 'pgrouting',
        'postgis', 'postgis_tiger_geocoder', 'postgis_topology', 'prefix', 'rum', 'semver', 'timescaledb',
        'topn', 'vector'
    ]) THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE EXTENSION %I WITH SCHEMA %I', wanted, place);
    UPDATE pg_extension SET extowner = 'pgproof_workload'::regrole WHERE extname = wanted;
    RETURN true;
END
$$;
