-- title: Score Update
-- asks: What does the nightly scoring pay for about 100 leads whose score changed?
-- tables: crm.leads
-- param now timestamptz: clock
-- param stride bigint: SELECT greatest(count(*) / 100, 1) FROM crm.leads
--
-- Every so-many-th lead by id: no index can help to find them, so with and without one the difference is the writing.
UPDATE crm.leads
SET lead_score = (lead_score + 7) % 101, updated_at = :now + :round * interval '1 second'
WHERE id % :stride = :round % :stride;
