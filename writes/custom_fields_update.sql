-- title: Custom Fields Update
-- asks: What does it cost to set a custom field of about 100 leads?
-- tables: crm.leads
-- param now timestamptz: clock
-- param stride bigint: SELECT greatest(count(*) / 100, 1) FROM crm.leads
UPDATE crm.leads
SET custom_fields = custom_fields || jsonb_build_object('last_sync', 'batch ' || :round),
    updated_at = :now + :round * interval '1 second'
WHERE id % :stride = :round % :stride;
