-- A tenant that comes after the last ANALYZE: a copy of organization :organization_id under a new id, with all its rows.
--
-- Keys are (organization_id, id), so ids may repeat. What is unique among all tenants is made so: the slug, and the
-- message ids that the mail provider sends back. Its days are noted as late and read live, as a new tenant's are.
INSERT INTO crm.organizations
SELECT (SELECT max(organization_id) + 1 FROM crm.organizations), name || ' (new)', slug || '-new', industry, plan,
       country_code, timezone, settings, is_active, created_at, updated_at
FROM crm.organizations
WHERE organization_id = :organization_id;

INSERT INTO crm.users
SELECT (SELECT max(organization_id) FROM crm.organizations), id, email, username, full_name, user_role, preferences,
       is_active, last_login_at, created_at
FROM crm.users
WHERE organization_id = :organization_id;

INSERT INTO crm.leads
SELECT (SELECT max(organization_id) FROM crm.organizations), id, assigned_to_id, first_name, last_name, email, phone,
       company, job_title, country_code, source, lead_status, lead_temperature, lead_score, deal_value_cents,
       expected_close_on, tags, custom_fields, last_contacted_at, created_at, updated_at, deleted_at
FROM crm.leads
WHERE organization_id = :organization_id;

INSERT INTO crm.campaigns
SELECT (SELECT max(organization_id) FROM crm.organizations), id, created_by_id, name, channel, campaign_status,
       audience, budget_cents, starts_on, ends_on, created_at
FROM crm.campaigns
WHERE organization_id = :organization_id;

INSERT INTO crm.communications
SELECT (SELECT max(organization_id) FROM crm.organizations), id, lead_id, user_id, campaign_id, channel, direction,
       comm_status, subject, body,
       CASE WHEN meta ? 'message_id'
            THEN jsonb_set(meta, '{message_id}', to_jsonb('new-' || (meta ->> 'message_id')))
            ELSE meta END,
       scheduled_at, completed_at, created_at
FROM crm.communications
WHERE organization_id = :organization_id;

INSERT INTO crm.campaign_members
SELECT (SELECT max(organization_id) FROM crm.organizations), id, campaign_id, lead_id, member_status, added_at,
       responded_at, converted_at
FROM crm.campaign_members
WHERE organization_id = :organization_id;

INSERT INTO crm.automations
SELECT (SELECT max(organization_id) FROM crm.organizations), id, created_by_id, name, trigger_type, trigger_config,
       definition, is_active, version, created_at
FROM crm.automations
WHERE organization_id = :organization_id;

INSERT INTO crm.automation_runs
SELECT (SELECT max(organization_id) FROM crm.organizations), id, automation_id, lead_id, run_status, attempt, input,
       error_code, duration_ms, started_at, finished_at
FROM crm.automation_runs
WHERE organization_id = :organization_id;

INSERT INTO crm.automation_run_steps
SELECT (SELECT max(organization_id) FROM crm.organizations), id, run_id, step_no, step_type, step_status, output,
       duration_ms, created_at
FROM crm.automation_run_steps
WHERE organization_id = :organization_id;

INSERT INTO crm.scoring_rules
SELECT (SELECT max(organization_id) FROM crm.organizations), id, name, criteria, points, priority, is_active, created_at
FROM crm.scoring_rules
WHERE organization_id = :organization_id;

INSERT INTO crm.lead_score_history
SELECT (SELECT max(organization_id) FROM crm.organizations), id, lead_id, rule_id, old_score, new_score, reason,
       created_at
FROM crm.lead_score_history
WHERE organization_id = :organization_id;

INSERT INTO crm.lead_assignments
SELECT (SELECT max(organization_id) FROM crm.organizations), id, lead_id, from_user_id, assigned_to_id, assigned_by_id,
       reason, assigned_at
FROM crm.lead_assignments
WHERE organization_id = :organization_id;

INSERT INTO crm.activity_log
SELECT (SELECT max(organization_id) FROM crm.organizations), id, user_id, lead_id, activity_type, detail, created_at
FROM crm.activity_log
WHERE organization_id = :organization_id;

INSERT INTO crm.audit_log
SELECT (SELECT max(organization_id) FROM crm.organizations), id, actor_id, entity_type, entity_id, action, changes,
       created_at
FROM crm.audit_log
WHERE organization_id = :organization_id;

SELECT max(organization_id) AS organization_id FROM crm.organizations;
