-- title: Webhook Update
-- asks: What does it cost to note on about 200 communications that they were opened?
-- tables: crm.communications
-- param now timestamptz: clock
-- param stride bigint: SELECT greatest(count(*) / 200, 1) FROM crm.communications
--
-- The provider's webhooks of a while in one statement. Found by id and not by what the provider sends, so that what
-- the index on that costs is not hidden behind what it saves.
UPDATE crm.communications
SET meta = meta || jsonb_build_object('opened', true, 'opened_at', :now + :round * interval '1 second')
WHERE id % :stride = :round % :stride;
