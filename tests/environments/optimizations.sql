-- optimization: by_mood
-- category: index
CREATE INDEX people_by_mood ON app.people (mood, name);

-- optimization: filled
-- category: setting
-- undo: ALTER TABLE app.people SET (fillfactor = 90)
ALTER TABLE app.people SET (fillfactor = 70);

-- optimization: finer
-- category: statistics
-- undo: ALTER TABLE app.people ALTER name SET STATISTICS -1
ALTER TABLE app.people ALTER name SET STATISTICS 500;
ANALYZE app.people;

-- optimization: backfilled
-- category: rollup
-- undo: UPDATE app.people SET mood_text = NULL
UPDATE app.people SET mood_text = mood::text;

-- optimization: counts
-- category: rollup
-- undo: DROP TRIGGER counts ON app.people
-- undo: DROP FUNCTION app.count()
-- undo: DROP TABLE app.counts
CREATE TABLE app.counts (mood text PRIMARY KEY, people bigint NOT NULL);
INSERT INTO app.counts SELECT mood, count(*) FROM app.people GROUP BY mood;
CREATE FUNCTION app.count() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN new; END$$;
CREATE TRIGGER counts AFTER INSERT ON app.people FOR EACH ROW EXECUTE FUNCTION app.count();

-- optimization: unused
-- category: index
-- undo: CREATE INDEX counted_mood ON app.counted (mood)
DROP INDEX app.counted_mood;

-- optimization: checked
-- category: constraint
ALTER TABLE app.people ADD CONSTRAINT named CHECK (name <> 'nobody');

-- optimization: looked
-- category: monitoring
CREATE VIEW app.moods AS SELECT mood FROM app.people;

-- optimization: again
-- category: index
-- undo: DROP INDEX app.people_by_mood_2
-- undo: CREATE INDEX people_by_mood ON app.people (mood, name)
DROP INDEX app.people_by_mood;
CREATE UNIQUE INDEX people_by_mood_2 ON app.people (mood, name, balance);

-- optimization: rewritten
-- category: rewrite

-- optimization: vacuumed
-- category: maintenance
VACUUM app.people;
