-- Where an extension stands, and whether this role could create it here: its files are on the server, and the role is a
-- superuser, or the extension asks for none (or trusts whoever may create in the database), or a function of ours helps.
-- And which others it stands on, and the schema that it has to be in, if there is one.
SELECT e.name                                                               AS name,
       (SELECT n.nspname FROM pg_extension AS x JOIN pg_namespace AS n ON n.oid = x.extnamespace
        WHERE x.extname = e.name)                                           AS schema_name,
       r.rolsuper OR h.helps
       OR ((v.trusted OR NOT v.superuser)
                      AND has_database_privilege(current_database(), 'CREATE'))                AS creatable,
       h.helps                                                              AS helps,
       coalesce(v.requires::text[], '{}')                                   AS requires,
       v.schema                                                             AS own_schema
FROM pg_available_extensions AS e
JOIN pg_available_extension_versions AS v ON v.name = e.name AND v.version = e.default_version
JOIN pg_roles AS r ON r.rolname = current_user
CROSS JOIN (
    SELECT EXISTS (SELECT FROM pg_proc AS p
                   WHERE p.pronamespace = to_regnamespace('bench_meta')::oid AND p.proname = 'create_extension'
                     AND has_schema_privilege(p.pronamespace, 'USAGE')) AS helps
) AS h
WHERE e.name = $1;
