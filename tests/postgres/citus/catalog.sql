-- What a Citus cluster's own catalog held (Citus 15, PostgreSQL 18.6): a coordinator without shards, two workers, one of them
-- switched off, and four tables. On a server without the extension it stands in a schema of its own; the function reads of a
-- partition key what Citus' own reads: the number of the column.
CREATE SCHEMA cluster;
SET search_path = cluster, pg_catalog;
CREATE TABLE pg_dist_node (
    nodeid int, groupid int, nodename text, nodeport int, noderack text, hasmetadata bool, isactive bool, noderole text,
    nodecluster name, metadatasynced bool, shouldhaveshards bool, nodeisclone bool, nodeprimarynodeid int
);
INSERT INTO pg_dist_node VALUES
    (1, 0, '127.0.0.1', 9700, 'default', true, true, 'primary', 'default', true, false, false, 0),
    (2, 1, '127.0.0.1', 9701, 'default', true, true, 'primary', 'default', true, true, false, 0),
    (3, 2, '127.0.0.1', 9702, 'default', true, false, 'primary', 'default', true, true, false, 0);
CREATE TABLE pg_dist_local_group (groupid int);
INSERT INTO pg_dist_local_group VALUES (0);
CREATE TABLE organizations (organization_id bigint);
CREATE TABLE users (organization_id bigint);
CREATE TABLE local_only (id int);
CREATE TABLE pg_dist_partition (
    logicalrelid regclass, partmethod "char", partkey text, colocationid int, repmodel "char", autoconverted bool
);
INSERT INTO pg_dist_partition VALUES
    ('organizations', 'n', NULL, 1, 't', false),
    ('users', 'h', '{VAR :varno 1 :varattno 1 :vartype 20 :vartypmod -1 :varcollid 0 :varnullingrels (b) :varlevelsup 0'
        ' :varreturningtype 0 :varnosyn 1 :varattnosyn 1 :location -1}', 2, 's', false),
    ('local_only', 'n', NULL, 0, 's', true);
CREATE FUNCTION column_to_column_name(of_table regclass, of_key text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT a.attname::text FROM pg_attribute AS a
    WHERE a.attrelid = of_table AND a.attnum = substring(of_key FROM ':varattno (\d+)')::int
$$;
