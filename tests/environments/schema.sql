CREATE SCHEMA app;
CREATE EXTENSION pg_trgm;
CREATE COLLATION app.plain (locale = 'C');
CREATE TYPE app.mood AS ENUM ('sad', 'ok');
CREATE TYPE app.point AS (x int, y int);
CREATE TYPE app.span AS RANGE (subtype = numeric);
CREATE DOMAIN app.cents AS bigint DEFAULT 0 NOT NULL CONSTRAINT positive CHECK (VALUE >= 0);
CREATE SEQUENCE app.numbers INCREMENT 5;
CREATE TABLE app.people (
    person_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name      text COLLATE app.plain NOT NULL DEFAULT '',
    mood      app.mood,
    balance   app.cents,
    shout     text GENERATED ALWAYS AS (upper(name)) STORED,
    mood_text text CONSTRAINT short CHECK (length(mood_text) < 9)
) WITH (fillfactor = 90);
COMMENT ON TABLE app.people IS 'who';
CREATE UNIQUE INDEX people_name ON app.people (name) WHERE mood IS NOT NULL;
CREATE STATISTICS app.people_statistics (dependencies) ON name, mood FROM app.people;
CREATE TABLE app.events (at timestamptz NOT NULL, person_id bigint REFERENCES app.people) PARTITION BY RANGE (at);
CREATE TABLE app.events_2026 PARTITION OF app.events FOR VALUES FROM ('2026-01-01Z') TO ('2027-01-01Z');
CREATE INDEX events_person ON app.events (person_id);
CREATE VIEW app.names AS SELECT p.name, e.at FROM app.people AS p JOIN app.events AS e USING (person_id);
CREATE MATERIALIZED VIEW app.counted AS SELECT mood, count(*) AS people FROM app.people GROUP BY mood;
CREATE INDEX counted_mood ON app.counted (mood);
CREATE FUNCTION app.twice(n int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT 2 * n
$$;
CREATE PROCEDURE app.nothing() LANGUAGE plpgsql AS $$BEGIN NULL; END$$;
CREATE AGGREGATE app.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE FUNCTION app.keep() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN new; END$$;
CREATE TRIGGER kept BEFORE INSERT ON app.people FOR EACH ROW EXECUTE FUNCTION app.keep();
CREATE RULE silent AS ON DELETE TO app.people DO INSTEAD NOTHING;
ALTER TABLE app.people ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.people FOR SELECT USING (person_id > 0);
CREATE TABLE app."Odd ""table"".x; --" ("Se lect" int, "a
b" text DEFAULT E'\t''');
CREATE INDEX "in -- dex" ON app."Odd ""table"".x; --" ("Se lect");
