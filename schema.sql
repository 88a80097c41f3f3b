-- The subject: a multi-tenant CRM as a competent team has it before anybody tunes it.
--
-- 13 enum types, 14 tables, 72 indexes: 14 primary keys, 4 unique constraints, 54 secondary indexes,
-- nearly all on a single column, because that is what one adds when a screen is slow.
--
-- Tenant key everywhere: each table carries organization_id, each primary key starts with it and each foreign key
-- is composite, so that the schema can be distributed by organization_id (Citus: create_distributed_table) as it
-- stands. organizations is the tenant directory: a reference table in a sharded cluster, hence its global slug.
--
-- Plain SQL: psql -v ON_ERROR_STOP=1 -f schema.sql on an empty database works too.

CREATE SCHEMA crm;

-- ---------------------------------------------------------------------------------------------------- enum types
CREATE TYPE crm.org_plan AS ENUM ('trial', 'starter', 'pro', 'enterprise');
CREATE TYPE crm.user_role AS ENUM ('admin', 'manager', 'sales_rep', 'viewer');
CREATE TYPE crm.lead_status AS ENUM
    ('new', 'contacted', 'qualified', 'proposal', 'negotiation', 'won', 'lost', 'recycled');
CREATE TYPE crm.lead_source AS ENUM
    ('website', 'referral', 'paid_ads', 'social', 'event', 'webinar', 'outbound', 'import');
CREATE TYPE crm.lead_temperature AS ENUM ('cold', 'warm', 'hot');
CREATE TYPE crm.comm_channel AS ENUM ('email', 'call', 'meeting', 'sms', 'social', 'note');
CREATE TYPE crm.comm_direction AS ENUM ('inbound', 'outbound', 'internal');
CREATE TYPE crm.comm_status AS ENUM ('scheduled', 'sending', 'completed', 'failed', 'cancelled');
CREATE TYPE crm.campaign_status AS ENUM ('draft', 'active', 'paused', 'completed', 'cancelled');
CREATE TYPE crm.member_status AS ENUM
    ('queued', 'sent', 'bounced', 'opened', 'clicked', 'replied', 'converted', 'unsubscribed');
CREATE TYPE crm.trigger_type AS ENUM
    ('lead_created', 'status_changed', 'score_crossed', 'tag_added', 'schedule', 'webhook', 'manual');
CREATE TYPE crm.run_status AS ENUM ('queued', 'running', 'waiting', 'succeeded', 'failed', 'timed_out', 'cancelled');
CREATE TYPE crm.step_status AS ENUM ('succeeded', 'failed', 'skipped');

-- -------------------------------------------------------------------------------------------------------- tables
CREATE TABLE crm.organizations (
    organization_id bigint NOT NULL PRIMARY KEY,
    name            text NOT NULL,
    slug            text NOT NULL UNIQUE,
    industry        text NOT NULL,
    plan            crm.org_plan NOT NULL,
    country_code    text NOT NULL,
    timezone        text NOT NULL,
    settings        jsonb NOT NULL DEFAULT '{}',
    is_active       boolean NOT NULL DEFAULT true,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL
);

CREATE TABLE crm.users (
    organization_id bigint NOT NULL,
    id              bigint NOT NULL,
    email           text NOT NULL,
    username        text NOT NULL,
    full_name       text NOT NULL,
    user_role       crm.user_role NOT NULL,
    preferences     jsonb NOT NULL DEFAULT '{}',
    is_active       boolean NOT NULL DEFAULT true,
    last_login_at   timestamptz,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, email),
    UNIQUE (organization_id, username)
);

CREATE TABLE crm.leads (
    organization_id   bigint NOT NULL,
    id                bigint NOT NULL,
    assigned_to_id    bigint,
    first_name        text NOT NULL,
    last_name         text NOT NULL,
    email             text,
    phone             text,
    company           text,
    job_title         text,
    country_code      text,
    source            crm.lead_source NOT NULL,
    lead_status       crm.lead_status NOT NULL DEFAULT 'new',
    lead_temperature  crm.lead_temperature NOT NULL DEFAULT 'cold',
    lead_score        smallint NOT NULL DEFAULT 0,
    deal_value_cents  bigint,
    expected_close_on date,
    tags              jsonb NOT NULL DEFAULT '[]',
    custom_fields     jsonb NOT NULL DEFAULT '{}',
    last_contacted_at timestamptz,      -- denormalised: completed_at of the newest completed communication
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    deleted_at        timestamptz,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE crm.campaigns (
    organization_id bigint NOT NULL,
    id              bigint NOT NULL,
    created_by_id   bigint,
    name            text NOT NULL,
    channel         crm.comm_channel NOT NULL,
    campaign_status crm.campaign_status NOT NULL,
    audience        jsonb NOT NULL DEFAULT '{}',
    budget_cents    bigint,
    starts_on       date NOT NULL,
    ends_on         date,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE crm.communications (
    organization_id bigint NOT NULL,
    id              bigint NOT NULL,
    lead_id         bigint NOT NULL,
    user_id         bigint,             -- NULL: sent by an automation or a campaign
    campaign_id     bigint,
    channel         crm.comm_channel NOT NULL,
    direction       crm.comm_direction NOT NULL,
    comm_status     crm.comm_status NOT NULL,
    subject         text,
    body            text,
    meta            jsonb NOT NULL DEFAULT '{}',
    scheduled_at    timestamptz,        -- kept after sending: this is what makes the plain index on it useless
    completed_at    timestamptz,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE crm.campaign_members (
    organization_id bigint NOT NULL,
    id              bigint NOT NULL,
    campaign_id     bigint NOT NULL,
    lead_id         bigint NOT NULL,
    member_status   crm.member_status NOT NULL DEFAULT 'queued',
    added_at        timestamptz NOT NULL,
    responded_at    timestamptz,
    converted_at    timestamptz,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, campaign_id, lead_id)
);

CREATE TABLE crm.automations (
    organization_id bigint NOT NULL,
    id              bigint NOT NULL,
    created_by_id   bigint,
    name            text NOT NULL,
    trigger_type    crm.trigger_type NOT NULL,
    trigger_config  jsonb NOT NULL DEFAULT '{}',
    definition      jsonb NOT NULL DEFAULT '{}',
    is_active       boolean NOT NULL DEFAULT true,
    version         integer NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE crm.automation_runs (
    organization_id bigint NOT NULL,
    id              bigint NOT NULL,
    automation_id   bigint NOT NULL,
    lead_id         bigint,             -- NULL: a scheduled run over no lead in particular
    run_status      crm.run_status NOT NULL,
    attempt         smallint NOT NULL DEFAULT 1,
    input           jsonb NOT NULL DEFAULT '{}',
    error_code      text,
    duration_ms     bigint,
    started_at      timestamptz NOT NULL,
    finished_at     timestamptz,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE crm.automation_run_steps (
    organization_id bigint NOT NULL,
    id              bigint NOT NULL,
    run_id          bigint NOT NULL,
    step_no         smallint NOT NULL,
    step_type       text NOT NULL,
    step_status     crm.step_status NOT NULL,
    output          jsonb NOT NULL DEFAULT '{}',
    duration_ms     integer NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE crm.scoring_rules (
    organization_id bigint NOT NULL,
    id              bigint NOT NULL,
    name            text NOT NULL,
    criteria        jsonb NOT NULL DEFAULT '{}',
    points          smallint NOT NULL,
    priority        smallint NOT NULL DEFAULT 0,
    is_active       boolean NOT NULL DEFAULT true,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE crm.lead_score_history (
    organization_id bigint NOT NULL,
    id              bigint NOT NULL,
    lead_id         bigint NOT NULL,
    rule_id         bigint,             -- NULL: corrected by hand
    old_score       smallint NOT NULL,
    new_score       smallint NOT NULL,
    reason          text NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE crm.lead_assignments (
    organization_id bigint NOT NULL,
    id              bigint NOT NULL,
    lead_id         bigint NOT NULL,
    from_user_id    bigint,
    assigned_to_id  bigint NOT NULL,
    assigned_by_id  bigint,             -- NULL: by round robin
    reason          text NOT NULL,
    assigned_at     timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE crm.activity_log (
    organization_id bigint NOT NULL,
    id              bigint NOT NULL,
    user_id         bigint,             -- NULL: done by the system
    lead_id         bigint,
    activity_type   text NOT NULL,
    detail          jsonb NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id)
);

CREATE TABLE crm.audit_log (
    organization_id bigint NOT NULL,
    id              bigint NOT NULL,
    actor_id        bigint,
    entity_type     text NOT NULL,
    entity_id       bigint NOT NULL,
    action          text NOT NULL,
    changes         jsonb NOT NULL DEFAULT '{}',    -- {"field": [old, new]}
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id)
);

-- -------------------------------------------------------------------------------------------------- foreign keys
ALTER TABLE crm.users ADD FOREIGN KEY (organization_id) REFERENCES crm.organizations;
ALTER TABLE crm.leads ADD FOREIGN KEY (organization_id) REFERENCES crm.organizations;
ALTER TABLE crm.leads ADD FOREIGN KEY (organization_id, assigned_to_id) REFERENCES crm.users;
ALTER TABLE crm.campaigns ADD FOREIGN KEY (organization_id) REFERENCES crm.organizations;
ALTER TABLE crm.campaigns ADD FOREIGN KEY (organization_id, created_by_id) REFERENCES crm.users;
ALTER TABLE crm.communications ADD FOREIGN KEY (organization_id, lead_id) REFERENCES crm.leads;
ALTER TABLE crm.communications ADD FOREIGN KEY (organization_id, user_id) REFERENCES crm.users;
ALTER TABLE crm.communications ADD FOREIGN KEY (organization_id, campaign_id) REFERENCES crm.campaigns;
ALTER TABLE crm.campaign_members ADD FOREIGN KEY (organization_id, campaign_id) REFERENCES crm.campaigns;
ALTER TABLE crm.campaign_members ADD FOREIGN KEY (organization_id, lead_id) REFERENCES crm.leads;
ALTER TABLE crm.automations ADD FOREIGN KEY (organization_id) REFERENCES crm.organizations;
ALTER TABLE crm.automations ADD FOREIGN KEY (organization_id, created_by_id) REFERENCES crm.users;
ALTER TABLE crm.automation_runs ADD FOREIGN KEY (organization_id, automation_id) REFERENCES crm.automations;
ALTER TABLE crm.automation_runs ADD FOREIGN KEY (organization_id, lead_id) REFERENCES crm.leads;
ALTER TABLE crm.automation_run_steps ADD FOREIGN KEY (organization_id, run_id) REFERENCES crm.automation_runs;
ALTER TABLE crm.scoring_rules ADD FOREIGN KEY (organization_id) REFERENCES crm.organizations;
ALTER TABLE crm.lead_score_history ADD FOREIGN KEY (organization_id, lead_id) REFERENCES crm.leads;
ALTER TABLE crm.lead_score_history ADD FOREIGN KEY (organization_id, rule_id) REFERENCES crm.scoring_rules;
ALTER TABLE crm.lead_assignments ADD FOREIGN KEY (organization_id, lead_id) REFERENCES crm.leads;
ALTER TABLE crm.lead_assignments ADD FOREIGN KEY (organization_id, from_user_id) REFERENCES crm.users;
ALTER TABLE crm.lead_assignments ADD FOREIGN KEY (organization_id, assigned_to_id) REFERENCES crm.users;
ALTER TABLE crm.lead_assignments ADD FOREIGN KEY (organization_id, assigned_by_id) REFERENCES crm.users;
ALTER TABLE crm.activity_log ADD FOREIGN KEY (organization_id, user_id) REFERENCES crm.users;
ALTER TABLE crm.activity_log ADD FOREIGN KEY (organization_id, lead_id) REFERENCES crm.leads;
ALTER TABLE crm.audit_log ADD FOREIGN KEY (organization_id, actor_id) REFERENCES crm.users;

-- --------------------------------------------------------- 54 secondary indexes, each asked for by somebody's screen
CREATE INDEX organizations_is_active_idx ON crm.organizations (is_active);
CREATE INDEX organizations_created_at_idx ON crm.organizations (created_at);

CREATE INDEX users_user_role_idx ON crm.users (user_role);
CREATE INDEX users_is_active_idx ON crm.users (is_active);
CREATE INDEX users_last_login_at_idx ON crm.users (last_login_at);
CREATE INDEX users_created_at_idx ON crm.users (created_at);

-- left over from the time when the primary key was (id) alone: today a prefix of leads_pkey, and found as such
CREATE INDEX leads_organization_id_idx ON crm.leads (organization_id);
CREATE INDEX leads_assigned_to_id_idx ON crm.leads (assigned_to_id);
CREATE INDEX leads_email_idx ON crm.leads (email);
CREATE INDEX leads_company_idx ON crm.leads (company);
CREATE INDEX leads_source_idx ON crm.leads (source);
CREATE INDEX leads_lead_status_idx ON crm.leads (lead_status);
CREATE INDEX leads_lead_temperature_idx ON crm.leads (lead_temperature);
CREATE INDEX leads_lead_score_idx ON crm.leads (lead_score);
CREATE INDEX leads_created_at_idx ON crm.leads (created_at);
CREATE INDEX leads_updated_at_idx ON crm.leads (updated_at);
CREATE INDEX leads_last_contacted_at_idx ON crm.leads (last_contacted_at);

CREATE INDEX communications_lead_id_idx ON crm.communications (lead_id);
CREATE INDEX communications_user_id_idx ON crm.communications (user_id);
CREATE INDEX communications_campaign_id_idx ON crm.communications (campaign_id);
CREATE INDEX communications_comm_status_idx ON crm.communications (comm_status);
CREATE INDEX communications_scheduled_at_idx ON crm.communications (scheduled_at);
CREATE INDEX communications_completed_at_idx ON crm.communications (completed_at);
CREATE INDEX communications_created_at_idx ON crm.communications (created_at);

CREATE INDEX campaigns_created_by_id_idx ON crm.campaigns (created_by_id);
CREATE INDEX campaigns_campaign_status_idx ON crm.campaigns (campaign_status);
CREATE INDEX campaigns_created_at_idx ON crm.campaigns (created_at);

CREATE INDEX campaign_members_lead_id_idx ON crm.campaign_members (lead_id);
CREATE INDEX campaign_members_member_status_idx ON crm.campaign_members (member_status);

CREATE INDEX automations_created_by_id_idx ON crm.automations (created_by_id);
CREATE INDEX automations_trigger_type_idx ON crm.automations (trigger_type);
CREATE INDEX automations_is_active_idx ON crm.automations (is_active);

CREATE INDEX automation_runs_automation_id_idx ON crm.automation_runs (automation_id);
CREATE INDEX automation_runs_lead_id_idx ON crm.automation_runs (lead_id);
CREATE INDEX automation_runs_run_status_idx ON crm.automation_runs (run_status);
CREATE INDEX automation_runs_started_at_idx ON crm.automation_runs (started_at);
CREATE INDEX automation_runs_finished_at_idx ON crm.automation_runs (finished_at);

CREATE INDEX automation_run_steps_run_id_idx ON crm.automation_run_steps (run_id);
CREATE INDEX automation_run_steps_step_status_idx ON crm.automation_run_steps (step_status);
CREATE INDEX automation_run_steps_created_at_idx ON crm.automation_run_steps (created_at);

CREATE INDEX scoring_rules_priority_idx ON crm.scoring_rules (priority);
CREATE INDEX scoring_rules_is_active_idx ON crm.scoring_rules (is_active);

CREATE INDEX lead_score_history_lead_id_idx ON crm.lead_score_history (lead_id);
CREATE INDEX lead_score_history_created_at_idx ON crm.lead_score_history (created_at);

CREATE INDEX lead_assignments_lead_id_idx ON crm.lead_assignments (lead_id);
CREATE INDEX lead_assignments_assigned_to_id_idx ON crm.lead_assignments (assigned_to_id);
CREATE INDEX lead_assignments_assigned_at_idx ON crm.lead_assignments (assigned_at);

CREATE INDEX activity_log_user_id_idx ON crm.activity_log (user_id);
CREATE INDEX activity_log_lead_id_idx ON crm.activity_log (lead_id);
CREATE INDEX activity_log_activity_type_idx ON crm.activity_log (activity_type);
CREATE INDEX activity_log_created_at_idx ON crm.activity_log (created_at);

CREATE INDEX audit_log_actor_id_idx ON crm.audit_log (actor_id);
CREATE INDEX audit_log_entity_type_idx ON crm.audit_log (entity_type);
CREATE INDEX audit_log_created_at_idx ON crm.audit_log (created_at);
