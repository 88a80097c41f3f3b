-- The treatment: named blocks, one change each, applied in this order and removable one by one.
--
-- 29 indexes (72 -> 101 in schema crm): composite 9, GIN 5, partial 6, time-series 5, covering 4. Then 9 CHECK
-- constraints, one statement rewritten, one rollup by day, extended statistics, 3 monitoring views and the maintenance
-- procedures.
-- Nothing but indexes and constraints goes into schema crm; the rest lives in crm_agg, crm_report and crm_ops.
--
-- Every index leads with organization_id where its query binds the tenant, so that it works the same on one shard.
-- "Expected null result" means what it says: the block is here to be measured, not because it must win.
--
-- Plain SQL: psql -v ON_ERROR_STOP=1 -f schema.sql -f optimizations.sql works too. On a live system, write
-- CREATE INDEX CONCURRENTLY, outside of a transaction.

-- ---------------------------------------------------------------------------------------------------- extensions

-- optimization: pg_trgm
-- category: extension
-- why: Trigrams for the contains-search. A trusted extension: CREATE on the database is enough to install it.
-- serves: lead_search
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

-- optimization: btree_gin
-- category: extension
-- why: Lets a GIN index begin with organization_id, so that a search intersects inside the index and never
--   collects the hits of other tenants. A trusted extension too.
-- serves: json_tag_search, automation_enrolment, audit_trail, lead_search
CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA public;

-- ----------------------------------------------------------------------------------------------- composite: 9

-- optimization: leads_org_created_idx
-- category: composite
-- why: The list of a tenant newest first is read off the index instead of sorted. A deep OFFSET still reads what
--   it skips.
-- serves: lead_list_page, lead_search
CREATE INDEX leads_org_created_idx ON crm.leads (organization_id, created_at DESC, id DESC);

-- optimization: leads_org_status_score_idx
-- category: composite
-- why: Each column of the board is the first ten entries of one index range; enrolment reads one status of one
--   tenant, best first.
-- serves: pipeline_board, automation_enrolment
CREATE INDEX leads_org_status_score_idx ON crm.leads (organization_id, lead_status, lead_score DESC, id);

-- optimization: leads_org_owner_status_idx
-- category: composite
-- why: Open leads of every owner without reading the leads: deleted_at rides along, so the count is index-only.
-- serves: user_activity_tracking
CREATE INDEX leads_org_owner_status_idx ON crm.leads (organization_id, assigned_to_id, lead_status)
    INCLUDE (deleted_at);

-- optimization: leads_org_email_idx
-- category: composite
-- why: The duplicate check compares lower(email); the plain index on email cannot answer that.
-- serves: lead_search
CREATE INDEX leads_org_email_idx ON crm.leads (organization_id, lower(email));

-- optimization: leads_org_updated_idx
-- category: composite
-- why: For a popular tag, walking the tenant newest first finds 50 hits soon; the GIN index would collect
--   thousands first.
-- serves: json_tag_search
CREATE INDEX leads_org_updated_idx ON crm.leads (organization_id, updated_at DESC, id DESC);

-- optimization: communications_org_lead_created_idx
-- category: composite
-- why: The newest 25 of one lead are 25 neighbouring entries. Little gain for a lead with five communications,
--   everything for a whale.
-- serves: communication_history
CREATE INDEX communications_org_lead_created_idx
    ON crm.communications (organization_id, lead_id, created_at DESC, id DESC);

-- optimization: activity_log_org_lead_created_idx
-- category: composite
-- why: The other half of the timeline. Pays for leads with long histories only; costs something on every logged
--   action.
-- serves: communication_history
CREATE INDEX activity_log_org_lead_created_idx
    ON crm.activity_log (organization_id, lead_id, created_at DESC, id DESC);

-- optimization: automation_runs_org_automation_lead_idx
-- category: composite
-- why: "Has this automation ever run for this lead?" becomes one probe. Columns in this order, because the
--   automation is given and the leads vary.
-- serves: automation_enrolment
CREATE INDEX automation_runs_org_automation_lead_idx
    ON crm.automation_runs (organization_id, automation_id, lead_id);

-- optimization: audit_log_org_entity_idx
-- category: composite
-- why: The history of one record newest first. No index of the baseline knows the entity.
-- serves: audit_trail
CREATE INDEX audit_log_org_entity_idx
    ON crm.audit_log (organization_id, entity_type, entity_id, created_at DESC, id DESC);

-- ----------------------------------------------------------------------------------------------------- GIN: 5
-- The fifth is not about JSON: trigrams of the text that people search. Where the query binds the tenant, so does the
-- index (btree_gin). Mind the type: it serves a tenant bound as bigint, not one compared with a bare 42.

-- optimization: leads_tags_gin
-- category: gin
-- why: Finds the few leads of a tenant with a rare or absent tag. jsonb_path_ops: smaller than the default, and @>
--   is all we ask. A popular tag is better served newest first, by leads_org_updated_idx: the planner has to switch.
-- serves: json_tag_search
CREATE INDEX leads_tags_gin ON crm.leads USING gin (organization_id, tags jsonb_path_ops);

-- optimization: leads_custom_fields_gin
-- category: gin
-- why: Finds leads by a selective custom-field value. For a common value the status index does as well, and this
--   is the largest index of the table: what it earns depends on how selective the criteria are.
-- serves: automation_enrolment
CREATE INDEX leads_custom_fields_gin ON crm.leads USING gin (organization_id, custom_fields jsonb_path_ops);

-- optimization: communications_meta_gin
-- category: gin
-- why: The provider's message id is a JSON value; without the index each webhook reads the whole table. No tenant
--   in front: the provider does not know it.
-- serves: provider_webhook
CREATE INDEX communications_meta_gin ON crm.communications USING gin (meta jsonb_path_ops);

-- optimization: audit_log_changes_gin
-- category: gin
-- why: Who touched a rarely changed field? Needs the default operator class, for the ? operator. Useless for a
--   field that changes daily.
-- serves: audit_trail
CREATE INDEX audit_log_changes_gin ON crm.audit_log USING gin (organization_id, changes);

-- optimization: leads_search_trgm
-- category: gin
-- why: Contains-search over name, company and address. No help below three letters, and for a tenant that fits on
--   a few pages no better than reading it.
-- serves: lead_search
CREATE INDEX leads_search_trgm ON crm.leads USING gin (organization_id, (
    lower(first_name || ' ' || last_name || ' ' || coalesce(company, '') || ' ' || coalesce(email, ''))) gin_trgm_ops);

-- ------------------------------------------------------------------------------------------------- partial: 6

-- optimization: leads_queue_idx
-- category: partial
-- why: The queue in its own order, and nothing else in the index: 20 entries answer, an empty queue is an empty
--   range.
-- serves: lead_assignment_queue, claim_next_lead
CREATE INDEX leads_queue_idx ON crm.leads (organization_id, lead_score DESC, created_at, id)
    WHERE assigned_to_id IS NULL AND deleted_at IS NULL AND lead_status IN ('new', 'contacted', 'qualified');

-- optimization: communications_due_idx
-- category: partial
-- why: Only what waits is in the index, in the order in which it falls due. Starts with the time: the worker
--   serves all tenants.
-- serves: due_communications
CREATE INDEX communications_due_idx ON crm.communications (scheduled_at, organization_id, id)
    WHERE comm_status = 'scheduled';

-- optimization: communications_planned_idx
-- category: partial
-- why: What is planned in one tenant, by time and for whom: a few percent of all communications, answered without
--   the table.
-- serves: user_activity_tracking
CREATE INDEX communications_planned_idx ON crm.communications (organization_id, scheduled_at) INCLUDE (user_id)
    WHERE comm_status = 'scheduled';

-- optimization: automation_runs_failed_idx
-- category: partial
-- why: The last failure of an automation in one probe, also when there never was one. Failures are a few percent
--   of the runs.
-- serves: automation_monitor, organization_health_metrics
CREATE INDEX automation_runs_failed_idx
    ON crm.automation_runs (organization_id, automation_id, finished_at DESC, id DESC)
    WHERE run_status IN ('failed', 'timed_out');

-- optimization: automation_run_steps_failed_idx
-- category: partial
-- why: The failing step of a run. Expected to be close to a null result: a run has two or three steps, and run_id
--   is indexed.
-- serves: automation_monitor
CREATE INDEX automation_run_steps_failed_idx ON crm.automation_run_steps (organization_id, run_id, step_no, id)
    WHERE step_status = 'failed';

-- optimization: leads_hot_untouched_idx
-- category: partial
-- why: Hot leads nobody talks to, by the time of the last contact. Small, because few leads are hot.
-- serves: organization_health_metrics
CREATE INDEX leads_hot_untouched_idx ON crm.leads (organization_id, last_contacted_at)
    WHERE lead_temperature = 'hot' AND deleted_at IS NULL;

-- --------------------------------------------------------------------------------------------- time-series: 5
-- The BRIN indexes rely on rows lying in the order of time, as logs do.

-- optimization: activity_log_org_created_idx
-- category: time-series
-- why: The days of one tenant that are still open, and its last activity, which is the last entry: without it the
--   question walks the global index backwards through the rows of all tenants.
-- serves: organization_health_metrics
CREATE INDEX activity_log_org_created_idx ON crm.activity_log (organization_id, created_at);

-- optimization: automation_run_steps_created_brin
-- category: time-series
-- why: Meant for retention, which reads ranges of days: a sixth fewer pages than by the B-tree on created_at, from an
--   index a hundredth of its size. But the planner prices the rechecks of BRIN so high that it never takes it while that
--   B-tree exists: expected null result, and a reason to drop the B-tree.
-- serves: maintenance
CREATE INDEX automation_run_steps_created_brin
    ON crm.automation_run_steps USING brin (created_at) WITH (pages_per_range = 32);

-- optimization: audit_log_org_created_idx
-- category: time-series
-- why: The newest changes of a tenant: a field that changes daily is found by time within a few dozen rows, where
--   GIN would collect them all.
-- serves: audit_trail
CREATE INDEX audit_log_org_created_idx ON crm.audit_log (organization_id, created_at DESC, id DESC);

-- optimization: communications_org_created_idx
-- category: time-series
-- why: Communications of one tenant in a window, instead of the window of all tenants.
-- serves: organization_health_metrics
CREATE INDEX communications_org_created_idx ON crm.communications (organization_id, created_at DESC);

-- optimization: lead_score_history_org_created_idx
-- category: time-series
-- why: Score changes of one tenant in a window; without it the server reads 30 days of everybody. The scores ride
--   along, because a large tenant's rows lie scattered between those of all others.
-- serves: lead_scoring_analysis
CREATE INDEX lead_score_history_org_created_idx ON crm.lead_score_history (organization_id, created_at DESC)
    INCLUDE (lead_id, old_score, new_score);

-- ------------------------------------------------------------------------------------------------ covering: 4
-- Index-only scans need an up-to-date visibility map: when heap fetches appear in their plans, VACUUM.

-- optimization: leads_org_temperature_source_cov
-- category: covering
-- why: Aggregates over all live leads of a tenant from an index a quarter of the table's size. The price: changing
--   a score, status or value maintains it.
-- serves: lead_scoring_analysis, pipeline_board, organization_health_metrics
CREATE INDEX leads_org_temperature_source_cov ON crm.leads (organization_id, lead_temperature, source)
    INCLUDE (id, lead_score, lead_status, deal_value_cents)
    WHERE deleted_at IS NULL;

-- optimization: campaign_members_org_campaign_cov
-- category: covering
-- why: The funnel without the table. A modest gain: the unique constraint already finds the members of a campaign.
-- serves: campaign_funnel
CREATE INDEX campaign_members_org_campaign_cov
    ON crm.campaign_members (organization_id, campaign_id, member_status)
    INCLUDE (id, added_at, responded_at, converted_at);

-- optimization: activity_log_org_user_created_cov
-- category: covering
-- why: A window of one user's activity, with what it was, without the table and without the other users.
-- serves: user_activity_tracking
CREATE INDEX activity_log_org_user_created_cov ON crm.activity_log (organization_id, user_id, created_at)
    INCLUDE (activity_type);

-- optimization: automation_runs_org_started_cov
-- category: covering
-- why: Seven days of one tenant's runs with status and duration, without the wide rows that carry their input.
-- serves: automation_monitor
CREATE INDEX automation_runs_org_started_cov ON crm.automation_runs (organization_id, started_at)
    INCLUDE (automation_id, run_status, duration_ms);

-- ---------------------------------------------------------------------------------------------- constraints: 9
-- NOT VALID takes its lock for a moment and checks new rows from then on; VALIDATE reads the table under a weak lock.

-- optimization: leads_score_range_check
-- category: constraint
-- why: Scores are percentages; a sum of rules must not run away.
-- serves: maintenance
ALTER TABLE crm.leads ADD CONSTRAINT leads_score_range_check
    CHECK (lead_score BETWEEN 0 AND 100) NOT VALID;
ALTER TABLE crm.leads VALIDATE CONSTRAINT leads_score_range_check;

-- optimization: leads_deal_value_check
-- category: constraint
-- why: A negative deal would hide in every sum of the board.
-- serves: maintenance
ALTER TABLE crm.leads ADD CONSTRAINT leads_deal_value_check
    CHECK (deal_value_cents >= 0) NOT VALID;
ALTER TABLE crm.leads VALIDATE CONSTRAINT leads_deal_value_check;

-- optimization: leads_tags_array_check
-- category: constraint
-- why: The tag search asks for array members; an object would never be found.
-- serves: maintenance
ALTER TABLE crm.leads ADD CONSTRAINT leads_tags_array_check
    CHECK (jsonb_typeof(tags) = 'array') NOT VALID;
ALTER TABLE crm.leads VALIDATE CONSTRAINT leads_tags_array_check;

-- optimization: leads_custom_fields_object_check
-- category: constraint
-- why: Custom fields are read by key; an array would break jsonb_each.
-- serves: maintenance
ALTER TABLE crm.leads ADD CONSTRAINT leads_custom_fields_object_check
    CHECK (jsonb_typeof(custom_fields) = 'object') NOT VALID;
ALTER TABLE crm.leads VALIDATE CONSTRAINT leads_custom_fields_object_check;

-- optimization: communications_scheduled_check
-- category: constraint
-- why: A scheduled message without a time would wait for ever.
-- serves: maintenance
ALTER TABLE crm.communications ADD CONSTRAINT communications_scheduled_check
    CHECK (comm_status <> 'scheduled' OR scheduled_at IS NOT NULL) NOT VALID;
ALTER TABLE crm.communications VALIDATE CONSTRAINT communications_scheduled_check;

-- optimization: communications_completed_check
-- category: constraint
-- why: Nothing is completed before it exists; response times must not be negative.
-- serves: maintenance
ALTER TABLE crm.communications ADD CONSTRAINT communications_completed_check
    CHECK (completed_at >= created_at) NOT VALID;
ALTER TABLE crm.communications VALIDATE CONSTRAINT communications_completed_check;

-- optimization: campaigns_dates_check
-- category: constraint
-- why: A campaign ends after it starts.
-- serves: maintenance
ALTER TABLE crm.campaigns ADD CONSTRAINT campaigns_dates_check
    CHECK (ends_on >= starts_on) NOT VALID;
ALTER TABLE crm.campaigns VALIDATE CONSTRAINT campaigns_dates_check;

-- optimization: lead_score_history_range_check
-- category: constraint
-- why: The history must not hold a score that the lead cannot have.
-- serves: maintenance
ALTER TABLE crm.lead_score_history ADD CONSTRAINT lead_score_history_range_check
    CHECK (new_score BETWEEN 0 AND 100) NOT VALID;
ALTER TABLE crm.lead_score_history VALIDATE CONSTRAINT lead_score_history_range_check;

-- optimization: automation_runs_finished_check
-- category: constraint
-- why: Durations must not be negative, and closed days stay closed.
-- serves: maintenance
ALTER TABLE crm.automation_runs ADD CONSTRAINT automation_runs_finished_check
    CHECK (finished_at >= started_at) NOT VALID;
ALTER TABLE crm.automation_runs VALIDATE CONSTRAINT automation_runs_finished_check;

-- -------------------------------------------------------------------------------------------- rewrite and rollup

-- optimization: user_activity_single_pass
-- category: rewrite
-- why: One subquery per user and table reads what the page does not show, and counting distinct days sorts every action.
--   The page first, then each table once for the people on it. The statement stands in the query's file.
-- serves: user_activity_tracking

-- optimization: org_daily_rollup
-- category: rollup
-- why: Logs are appended to, so closed days are counted once: one row for each tenant and day. The answer stays
--   exact while closed days stay closed, because open days are read live. A row dated back into a closed day, or
--   deleted from one, is seen when that day is counted again: a refresh counts the last two, and with p_again => 62,
--   as its upkeep here, every day that the query asks about, as of a month ago too.
-- serves: organization_health_metrics
-- undo: DROP SCHEMA crm_agg CASCADE;
-- upkeep: CALL crm_agg.refresh(p_again => 62);
-- staleness: SELECT format('%s days are read live', :clock::timestamptz::date - closed_until::date) FROM crm_agg.watermark
CREATE SCHEMA crm_agg;

CREATE TABLE crm_agg.org_daily_metrics (
    organization_id bigint NOT NULL,
    day             date NOT NULL,          -- in UTC
    communications  bigint NOT NULL,
    activities      bigint NOT NULL,
    failed_runs     bigint NOT NULL,        -- counted on the day they ended
    PRIMARY KEY (organization_id, day)
);

-- One row: how far the rollup goes, and since when. now() - refreshed_at is how late it may be.
CREATE TABLE crm_agg.watermark (
    only_row     boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    closed_until timestamptz NOT NULL,      -- midnight UTC; days before it are in the rollup
    refreshed_at timestamptz NOT NULL
);
INSERT INTO crm_agg.watermark (closed_until, refreshed_at) VALUES ('-infinity', '-infinity');

-- From when on a question asked at p_now has to read live rows: the watermark, or the day of p_now if it is earlier.
CREATE FUNCTION crm_agg.closed_until(p_now timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
    SELECT least(closed_until, date_trunc('day', p_now AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')
    FROM crm_agg.watermark
$$;

-- Counts the days from the watermark up to p_until (exclusive, UTC), and again the p_again days before the watermark,
-- for rows that arrived late. Never closes the day of the newest activity, which may still be going on.
CREATE PROCEDURE crm_agg.refresh(p_until date DEFAULT NULL, p_again integer DEFAULT 2)
LANGUAGE plpgsql
AS $$
DECLARE
    v_old   timestamptz := (SELECT closed_until FROM crm_agg.watermark FOR UPDATE);
    v_until timestamptz := least(p_until::timestamp,
        date_trunc('day', (SELECT max(created_at) FROM crm.activity_log) AT TIME ZONE 'UTC')) AT TIME ZONE 'UTC';
    v_from  timestamptz := CASE WHEN isfinite(v_old) THEN v_old - make_interval(hours => 24 * p_again) ELSE v_old END;
BEGIN
    IF v_until IS NULL OR v_until < v_old THEN
        RETURN;
    END IF;
    DELETE FROM crm_agg.org_daily_metrics
    WHERE day >= (v_from AT TIME ZONE 'UTC')::date;
    INSERT INTO crm_agg.org_daily_metrics (organization_id, day, communications, activities, failed_runs)
    SELECT organization_id, day, sum(communications), sum(activities), sum(failed_runs)
    FROM (
        SELECT organization_id, (created_at AT TIME ZONE 'UTC')::date AS day,
               count(*) AS communications, 0 AS activities, 0 AS failed_runs
        FROM crm.communications
        WHERE created_at >= v_from AND created_at < v_until
        GROUP BY 1, 2
        UNION ALL
        SELECT organization_id, (created_at AT TIME ZONE 'UTC')::date, 0, count(*), 0
        FROM crm.activity_log
        WHERE created_at >= v_from AND created_at < v_until
        GROUP BY 1, 2
        UNION ALL
        SELECT organization_id, (finished_at AT TIME ZONE 'UTC')::date, 0, 0, count(*)
        FROM crm.automation_runs
        WHERE run_status IN ('failed', 'timed_out') AND finished_at >= v_from AND finished_at < v_until
        GROUP BY 1, 2
    ) AS counted
    GROUP BY organization_id, day;
    UPDATE crm_agg.watermark SET closed_until = v_until, refreshed_at = clock_timestamp();
END
$$;

CALL crm_agg.refresh();
ANALYZE crm_agg.org_daily_metrics;

-- ---------------------------------------------------------------------------------------------------- statistics

-- optimization: leads_status_statistics
-- category: statistics
-- why: Status and temperature follow the tenant and each other; the planner multiplies them as if they were
--   independent. Better estimates, the same plans: expected null result. Kept outside of schema crm, which holds tables
--   and indexes only.
-- serves: pipeline_board, lead_assignment_queue, automation_enrolment
CREATE STATISTICS public.leads_status_statistics (dependencies, mcv)
    ON organization_id, lead_status, lead_temperature FROM crm.leads;
ANALYZE crm.leads;

-- ---------------------------------------------------------------------------------------------------- monitoring
-- optimization: monitoring_views
-- category: monitoring
-- why: Three views for a dashboard over all tenants. Each child table is aggregated on its own before it is
--   joined: joining several children and counting afterwards multiplies every number by the others.
-- serves: maintenance
-- undo: DROP SCHEMA crm_report CASCADE;
CREATE SCHEMA crm_report;

-- "Now" for the views. A view has no parameter: SET crm_report.clock = '2026-01-01' freezes it for a session.
CREATE FUNCTION crm_report.clock() RETURNS timestamptz
LANGUAGE sql STABLE
AS $$ SELECT coalesce(nullif(current_setting('crm_report.clock', true), '')::timestamptz, now()) $$;

CREATE VIEW crm_report.v_lead_pipeline AS
SELECT l.organization_id,
       l.lead_status,
       l.source,
       count(*) AS leads,
       round(avg(l.lead_score), 2) AS avg_score,
       coalesce(sum(l.deal_value_cents), 0) AS value_cents,
       round(avg(extract(epoch FROM crm_report.clock() - l.created_at)) / 86400, 1) AS avg_age_days,
       coalesce(sum(c.communications), 0) AS communications
FROM crm.leads AS l
LEFT JOIN (
    SELECT organization_id, lead_id, count(*) AS communications
    FROM crm.communications
    GROUP BY organization_id, lead_id
) AS c ON c.organization_id = l.organization_id AND c.lead_id = l.id
WHERE l.deleted_at IS NULL
GROUP BY l.organization_id, l.lead_status, l.source;

CREATE VIEW crm_report.v_user_activity AS
SELECT u.organization_id,
       u.id AS user_id,
       u.full_name,
       coalesce(a.actions_7d, 0) AS actions_7d,
       coalesce(a.actions_30d, 0) AS actions_30d,
       a.last_action_at,
       coalesce(l.open_leads, 0) AS open_leads,
       coalesce(c.communications_30d, 0) AS communications_30d
FROM crm.users AS u
LEFT JOIN (
    SELECT organization_id, user_id,
           count(*) FILTER (WHERE created_at >= crm_report.clock() - interval '7 days') AS actions_7d,
           count(*) AS actions_30d,
           max(created_at) AS last_action_at
    FROM crm.activity_log
    WHERE created_at >= crm_report.clock() - interval '30 days' AND created_at < crm_report.clock()
    GROUP BY organization_id, user_id
) AS a ON a.organization_id = u.organization_id AND a.user_id = u.id
LEFT JOIN (
    SELECT organization_id, assigned_to_id, count(*) AS open_leads
    FROM crm.leads
    WHERE deleted_at IS NULL AND lead_status IN ('new', 'contacted', 'qualified', 'proposal', 'negotiation')
    GROUP BY organization_id, assigned_to_id
) AS l ON l.organization_id = u.organization_id AND l.assigned_to_id = u.id
LEFT JOIN (
    SELECT organization_id, user_id, count(*) AS communications_30d
    FROM crm.communications
    WHERE created_at >= crm_report.clock() - interval '30 days' AND created_at < crm_report.clock()
    GROUP BY organization_id, user_id
) AS c ON c.organization_id = u.organization_id AND c.user_id = u.id
WHERE u.is_active;

CREATE VIEW crm_report.v_org_health AS
SELECT o.organization_id,
       o.name,
       coalesce(u.active_users, 0) AS active_users,
       coalesce(l.live_leads, 0) AS live_leads,
       coalesce(l.won_leads, 0) AS won_leads,
       coalesce(l.hot_untouched_14d, 0) AS hot_untouched_14d,
       coalesce(c.communications_30d, 0) AS communications_30d,
       coalesce(r.failed_runs_7d, 0) AS failed_runs_7d,
       a.last_activity_at
FROM crm.organizations AS o
LEFT JOIN (
    SELECT organization_id, count(*) AS active_users
    FROM crm.users
    WHERE is_active
    GROUP BY organization_id
) AS u ON u.organization_id = o.organization_id
LEFT JOIN (
    SELECT organization_id,
           count(*) AS live_leads,
           count(*) FILTER (WHERE lead_status = 'won') AS won_leads,
           count(*) FILTER (WHERE lead_temperature = 'hot' AND (last_contacted_at IS NULL
               OR last_contacted_at < crm_report.clock() - interval '14 days')) AS hot_untouched_14d
    FROM crm.leads
    WHERE deleted_at IS NULL
    GROUP BY organization_id
) AS l ON l.organization_id = o.organization_id
LEFT JOIN (
    SELECT organization_id, count(*) AS communications_30d
    FROM crm.communications
    WHERE created_at >= crm_report.clock() - interval '30 days' AND created_at < crm_report.clock()
    GROUP BY organization_id
) AS c ON c.organization_id = o.organization_id
LEFT JOIN (
    SELECT organization_id, count(*) AS failed_runs_7d
    FROM crm.automation_runs
    WHERE run_status IN ('failed', 'timed_out')
      AND finished_at >= crm_report.clock() - interval '7 days' AND finished_at < crm_report.clock()
    GROUP BY organization_id
) AS r ON r.organization_id = o.organization_id
LEFT JOIN LATERAL (
    SELECT max(created_at) AS last_activity_at
    FROM crm.activity_log
    WHERE organization_id = o.organization_id AND created_at < crm_report.clock()
) AS a ON true;

-- --------------------------------------------------------------------------------------------------- maintenance
-- optimization: maintenance_procedures
-- category: maintenance
-- why: What keeps the indexes above worth their price: old log rows go, pending lists of GIN indexes are merged
--   before a search has to read them, and tables whose index-only scans have begun to fetch from the heap are named.
-- serves: maintenance
-- undo: DROP SCHEMA crm_ops CASCADE;
-- upkeep: CALL crm_ops.retention(:clock::timestamptz - interval '2 years', p_commit => false);
-- upkeep: SELECT crm_ops.clean_gin_pending_lists();
CREATE SCHEMA crm_ops;

-- Deletes rows older than p_cutoff from the three logs, oldest first, p_step of time in each batch, and commits after
-- each batch, so that no lock and no snapshot is held for long. p_commit => false is for rehearsals in a transaction.
CREATE PROCEDURE crm_ops.retention(
    p_cutoff timestamptz, p_step interval DEFAULT '7 days', p_commit boolean DEFAULT true,
    INOUT p_deleted bigint DEFAULT 0)
LANGUAGE plpgsql
AS $$
DECLARE
    v_table text;
    v_from  timestamptz;
    v_rows  bigint;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['activity_log', 'audit_log', 'automation_run_steps'] LOOP
        EXECUTE format('SELECT min(created_at) FROM crm.%I', v_table) INTO v_from;
        WHILE v_from < p_cutoff LOOP
            EXECUTE format('DELETE FROM crm.%I WHERE created_at >= $1 AND created_at < least($1 + $2, $3)', v_table)
                USING v_from, p_step, p_cutoff;
            GET DIAGNOSTICS v_rows = ROW_COUNT;
            p_deleted := p_deleted + v_rows;
            v_from := v_from + p_step;
            IF p_commit THEN
                COMMIT;
            END IF;
        END LOOP;
    END LOOP;
END
$$;

-- Merges the pending list of every GIN index of schema crm: new entries wait there, and each search reads them all.
CREATE FUNCTION crm_ops.clean_gin_pending_lists() RETURNS TABLE (index_name text, pages_cleaned bigint)
LANGUAGE sql VOLATILE
AS $$
    SELECT c.oid::regclass::text, gin_clean_pending_list(c.oid::regclass)
    FROM pg_class AS c
    JOIN pg_am AS am ON am.oid = c.relam
    WHERE c.relnamespace = 'crm'::regnamespace AND c.relkind = 'i' AND am.amname = 'gin'
    ORDER BY c.oid::regclass::text
$$;

-- Index-only scans visit the table for every page that is not all-visible. VACUUM cannot run inside a procedure: this
-- names the tables that need one, worst first.
CREATE VIEW crm_ops.v_needs_vacuum AS
SELECT c.oid::regclass::text AS table_name,
       c.relpages AS pages,
       round(100.0 * c.relallvisible / nullif(c.relpages, 0), 1) AS all_visible_percent,
       s.n_dead_tup AS dead_rows,
       format('VACUUM (ANALYZE) %s', c.oid::regclass) AS command
FROM pg_class AS c
JOIN pg_stat_all_tables AS s ON s.relid = c.oid
WHERE c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('crm', 'crm_agg'))
  AND c.relkind = 'r'
  AND c.relpages > 0
  AND c.relallvisible < 0.9 * c.relpages
ORDER BY c.relpages - c.relallvisible DESC, table_name;
