-- class worst_late: SELECT late.now, first.message_id FROM (
--   SELECT max(created_at) + interval '90 days' - interval '1 hour' AS now FROM crm.communications) AS late
--   LEFT JOIN (SELECT meta ->> 'message_id' AS message_id FROM crm.communications WHERE meta ? 'message_id'
--   ORDER BY created_at, organization_id, id LIMIT 1) AS first ON true
-- rewrite: provider_webhook_one_index
-- A (SELECT ...) is a step of its own: the coordinator takes it and sends every node the value. IS TRUE hides the bound as well.
UPDATE crm.communications
SET meta = meta || jsonb_build_object('opened', true, 'opened_at', :now)
WHERE meta @> jsonb_build_object('message_id', :message_id)
  AND (created_at >= :now - interval '90 days') IS TRUE
RETURNING organization_id, id, lead_id, meta ->> 'opened' AS opened;
