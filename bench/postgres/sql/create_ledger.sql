-- The ledger: pgproof's own tables, in a schema of their own, so that counting the workload's tables and indexes stays
-- honest. Databases of earlier versions have them under these names.
CREATE SCHEMA IF NOT EXISTS bench_meta;

-- What was applied: which file or block, with its checksum. A second application is a no-op; another text under the
-- same name is an error.
CREATE TABLE IF NOT EXISTS bench_meta.version_ledger (
    name        text PRIMARY KEY,
    kind        text NOT NULL,          -- schema, optimization
    checksum    text NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now(),
    duration_ms double precision NOT NULL
);

-- Every index of the workload: what it is for. verify compares it with the catalog.
CREATE TABLE IF NOT EXISTS bench_meta.index_catalog (
    name        text PRIMARY KEY,       -- schema.index
    category    text NOT NULL,          -- baseline, or the category of its optimization
    serves      text[] NOT NULL,
    reason      text NOT NULL,
    definition  text NOT NULL
);

-- One row: the manifest of the rows, as the run file has it under "dataset".
CREATE TABLE IF NOT EXISTS bench_meta.dataset_manifest (
    manifest    jsonb NOT NULL
);

-- What each bare query was found to be, so that every command has the same cells.
CREATE TABLE IF NOT EXISTS bench_meta.described_queries (
    query       text PRIMARY KEY,
    text_hash   text NOT NULL,          -- of its file, the clock and the rules by which classes are inferred
    described   jsonb NOT NULL          -- a query as a run file has it
);

-- The bindings: chosen once from the data by the texts whose hash is kept, used on both sides.
CREATE TABLE IF NOT EXISTS bench_meta.query_params (
    query       text NOT NULL,
    text_hash   text NOT NULL,          -- of the query's header and dataset/classes.sql
    place       integer NOT NULL,       -- order of classes and bindings within the query
    class       text NOT NULL,
    args        jsonb NOT NULL,         -- {"args": the values by parameter, "about": what was chosen}
    PRIMARY KEY (query, place)
);

-- What was found of the clauses of each query in this database, by the texts and values whose hash is kept.
CREATE TABLE IF NOT EXISTS bench_meta.clauses_exercised (
    query       text PRIMARY KEY,
    text_hash   text NOT NULL,          -- of its statements, their values, and the rules by which clauses are changed
    found       jsonb NOT NULL          -- what was told of each changed statement, by its hash; null: it is no statement
);
