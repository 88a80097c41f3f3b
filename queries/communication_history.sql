-- title: Communication History
-- asks: What were the newest 25 things that happened with this lead, communications and activity in one timeline?
-- tables: crm.communications, crm.activity_log
-- param organization_id bigint: class
-- param lead_id bigint: SELECT lead_id FROM crm.communications WHERE organization_id = :organization_id
--   GROUP BY lead_id ORDER BY abs(count(*) - 5), lead_id LIMIT 1
-- class worst_whale: SELECT organization_id, lead_id FROM crm.communications
--   GROUP BY organization_id, lead_id ORDER BY count(*) DESC, organization_id, lead_id LIMIT 1
-- why worst_whale: the lead with the most communications, most of them old
-- class worst_busy: SELECT organization_id, lead_id FROM crm.activity_log WHERE lead_id IS NOT NULL
--   GROUP BY organization_id, lead_id ORDER BY count(*) DESC, organization_id, lead_id LIMIT 1
-- why worst_busy: the lead with the longest activity log
-- class worst_cold: SELECT organization_id, lead_id FROM crm.communications
--   GROUP BY organization_id, lead_id HAVING count(*) BETWEEN 10 AND 100
--   ORDER BY max(created_at), organization_id, lead_id LIMIT 1
-- why worst_cold: the lead that has not been heard of for longest: the newest rows of the table are all of other
--   leads
-- class worst_foreign: SELECT o.organization_id, c.lead_id FROM crm.communications AS c
--   JOIN crm.activity_log AS a ON a.organization_id = c.organization_id AND a.lead_id = c.lead_id
--   JOIN crm.organizations AS o ON o.organization_id <> c.organization_id
--   WHERE c.organization_id = (SELECT min(organization_id) FROM crm.communications) AND NOT EXISTS (
--   SELECT FROM crm.leads AS own WHERE own.organization_id = o.organization_id AND own.id = c.lead_id)
--   ORDER BY c.lead_id, o.organization_id LIMIT 1
-- why worst_foreign: a lead of another tenant: there is nothing to see
-- class worst_written_to: SELECT organization_id, lead_id FROM (
--   SELECT organization_id, lead_id, is_message, row_number() OVER (PARTITION BY organization_id, lead_id
--   ORDER BY created_at DESC) AS place FROM (
--   SELECT organization_id, lead_id, created_at, true AS is_message FROM crm.communications
--   UNION ALL SELECT organization_id, lead_id, created_at, false FROM crm.activity_log WHERE lead_id IS NOT NULL
--   ) AS events) AS timeline WHERE place <= 25
--   GROUP BY organization_id, lead_id ORDER BY count(*) FILTER (WHERE is_message) DESC, organization_id, lead_id LIMIT 1
-- why worst_written_to: the lead on whose first page most is communication
-- expects: communications_org_lead_created_idx, activity_log_org_lead_created_idx
--
-- The tenant classes open a lead with about five communications: nothing to gain there. The whale has thousands, most
-- of them old, which tempts the planner to walk the global created_at index backwards past everybody else's rows; the
-- busy lead has the longest activity log, the cold one has not been heard of for longest. An empty tenant has no lead.
(
    SELECT 'communication' AS kind, id, created_at, user_id,
           channel::text || ' ' || direction::text || ' ' || comm_status::text AS what, subject
    FROM crm.communications
    WHERE organization_id = :organization_id AND lead_id = :lead_id
    ORDER BY created_at DESC, id DESC
    LIMIT 25
)
UNION ALL
(
    SELECT 'activity', id, created_at, user_id, activity_type, NULL
    FROM crm.activity_log
    WHERE organization_id = :organization_id AND lead_id = :lead_id
    ORDER BY created_at DESC, id DESC
    LIMIT 25
)
ORDER BY created_at DESC, kind, id DESC
LIMIT 25;
