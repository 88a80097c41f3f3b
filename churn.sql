-- How this database ages: what pgproof maintain writes before it measures maintenance. Each statement runs ten times, each
-- time committed and with a tenth of --churn as :share; :round is 1 to 10. Rows are chosen by a hash of their id, so that they lie
-- scattered over tenants and pages, as in production, and are the same on every machine.

-- Leads move on: score, status and what an integration notes about them.
UPDATE crm.leads
SET lead_score = (lead_score + 7) % 101, updated_at = :clock::timestamptz
WHERE hashint8extended(id, :round) & 1048575 < :share * 1048576 * 0.5;

UPDATE crm.leads
SET lead_status = (CASE lead_status WHEN 'new' THEN 'contacted' WHEN 'contacted' THEN 'qualified'
                                    WHEN 'qualified' THEN 'proposal' WHEN 'proposal' THEN 'negotiation'
                                    WHEN 'negotiation' THEN 'won' WHEN 'lost' THEN 'recycled' ELSE 'new'
                   END)::crm.lead_status,
    updated_at = :clock::timestamptz
WHERE hashint8extended(id, :round + 100) & 1048575 < :share * 1048576 * 0.3;

UPDATE crm.leads
SET custom_fields = custom_fields || jsonb_build_object('last_sync', 'batch ' || :round)
WHERE hashint8extended(id, :round + 200) & 1048575 < :share * 1048576 * 0.2;

-- Providers tell what became of messages; some messages are taken back.
UPDATE crm.communications
SET meta = meta || jsonb_build_object('opened', true, 'opened_at', :clock::timestamptz + :round * interval '1 second')
WHERE hashint8extended(id, :round) & 1048575 < :share * 1048576 * 0.8;

DELETE FROM crm.communications
WHERE hashint8extended(id, :round + 100) & 1048575 < :share * 1048576 * 0.2;

-- People ask to be forgotten, and what they did goes from the log; others act, at the clock of the dataset.
DELETE FROM crm.activity_log
WHERE hashint8extended(id, :round) & 1048575 < :share * 1048576 * 0.5;

INSERT INTO crm.activity_log (organization_id, id, user_id, lead_id, activity_type, detail, created_at)
SELECT organization_id, (SELECT max(id) FROM crm.activity_log) + row_number() OVER (ORDER BY id, organization_id), user_id, lead_id,
       activity_type, detail, :clock::timestamptz - :round * interval '1 minute'
FROM crm.activity_log
WHERE hashint8extended(id, :round + 100) & 1048575 < :share * 1048576 * 0.5;

DELETE FROM crm.audit_log
WHERE hashint8extended(id, :round) & 1048575 < :share * 1048576 * 0.5;

INSERT INTO crm.audit_log (organization_id, id, actor_id, entity_type, entity_id, action, changes, created_at)
SELECT organization_id, (SELECT max(id) FROM crm.audit_log) + row_number() OVER (ORDER BY id, organization_id), actor_id, entity_type,
       entity_id, action, changes, :clock::timestamptz - :round * interval '1 minute'
FROM crm.audit_log
WHERE hashint8extended(id, :round + 100) & 1048575 < :share * 1048576 * 0.5;

-- Automations run, and their old steps are thrown away.
UPDATE crm.automation_runs
SET run_status = (CASE run_status WHEN 'failed' THEN 'succeeded' ELSE run_status END)::crm.run_status,
    duration_ms = duration_ms + 1
WHERE hashint8extended(id, :round) & 1048575 < :share * 1048576;

DELETE FROM crm.automation_run_steps
WHERE hashint8extended(id, :round) & 1048575 < :share * 1048576;

UPDATE crm.campaign_members
SET responded_at = coalesce(responded_at, added_at + interval '1 day')
WHERE hashint8extended(id, :round) & 1048575 < :share * 1048576;

INSERT INTO crm.lead_score_history (organization_id, id, lead_id, rule_id, old_score, new_score, reason, created_at)
SELECT organization_id, (SELECT max(id) FROM crm.lead_score_history) + row_number() OVER (ORDER BY id, organization_id), lead_id, rule_id,
       old_score, new_score, reason, :clock::timestamptz - :round * interval '1 minute'
FROM crm.lead_score_history
WHERE hashint8extended(id, :round) & 1048575 < :share * 1048576;
