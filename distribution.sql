-- How the CRM is spread over the nodes of a Citus cluster. On one server it means nothing. psql runs it too, on tables that
-- have no foreign keys yet: Citus distributes a table only when all that it refers to is distributed.

-- The tenant directory: every node has it whole, since its slug is unique over all tenants.
SELECT create_reference_table('crm.organizations');

-- All that a tenant owns lies on one node, in shards side by side: each key and each foreign key begins with the tenant.
SELECT create_distributed_table('crm.users', 'organization_id');
SELECT create_distributed_table('crm.leads', 'organization_id');
SELECT create_distributed_table('crm.campaigns', 'organization_id');
SELECT create_distributed_table('crm.communications', 'organization_id');
SELECT create_distributed_table('crm.campaign_members', 'organization_id');
SELECT create_distributed_table('crm.automations', 'organization_id');
SELECT create_distributed_table('crm.automation_runs', 'organization_id');
SELECT create_distributed_table('crm.automation_run_steps', 'organization_id');
SELECT create_distributed_table('crm.scoring_rules', 'organization_id');
SELECT create_distributed_table('crm.lead_score_history', 'organization_id');
SELECT create_distributed_table('crm.lead_assignments', 'organization_id');
SELECT create_distributed_table('crm.activity_log', 'organization_id');
SELECT create_distributed_table('crm.audit_log', 'organization_id');

-- The rollups that an optimization makes lie beside their tenant; up to when they are counted, every node asks itself.
SELECT create_distributed_table('crm_agg.org_daily_metrics', 'organization_id');
SELECT create_distributed_table('crm_agg.user_daily', 'organization_id');
SELECT create_distributed_table('crm_agg.late_days', 'organization_id');
SELECT create_reference_table('crm_agg.watermark');
