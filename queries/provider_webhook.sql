-- title: Provider Webhook
-- asks: The mail provider reports that a message was opened: which communication is it? Note it there.
-- tables: crm.communications
-- param now timestamptz: clock
-- param message_id text: SELECT meta ->> 'message_id' FROM crm.communications WHERE meta ? 'message_id'
--   ORDER BY created_at DESC, organization_id, id LIMIT 1
-- class worst_late: SELECT max(created_at) + interval '90 days' - interval '1 hour' AS now,
--   (SELECT meta ->> 'message_id' FROM crm.communications WHERE meta ? 'message_id'
--   ORDER BY created_at, organization_id, id LIMIT 1) AS message_id FROM crm.communications
-- why worst_late: a report that comes after the 90 days is not noted any more
-- writes: yes
-- cross-tenant: The provider sends back the message id and nothing else. An id that carried the tenant would make this
--   a single-shard statement.
-- expects: communications_meta_gin, provider_webhook_one_index
UPDATE crm.communications
SET meta = meta || jsonb_build_object('opened', true, 'opened_at', :now)
WHERE meta @> jsonb_build_object('message_id', :message_id)
  AND created_at >= :now - interval '90 days'   -- no provider reports later; it was meant to help
RETURNING organization_id, id, lead_id, meta ->> 'opened' AS opened;

-- rewrite: provider_webhook_one_index
-- (SELECT ...) around the bound hides it from the planner: a third of the table for all it knows.
UPDATE crm.communications
SET meta = meta || jsonb_build_object('opened', true, 'opened_at', :now)
WHERE meta @> jsonb_build_object('message_id', :message_id)
  AND created_at >= (SELECT :now - interval '90 days')
RETURNING organization_id, id, lead_id, meta ->> 'opened' AS opened;
