-- title: Bulk Log Ingest
-- asks: What does a collector pay that delivers 1,000 actions of all tenants in one statement?
-- tables: crm.activity_log
-- param now timestamptz: clock
-- param last_id bigint: SELECT max(id) FROM crm.activity_log
--
-- The newest thousand once more, so that tenants, people and leads come in the mixture in which they act.
INSERT INTO crm.activity_log (organization_id, id, user_id, lead_id, activity_type, detail, created_at)
SELECT organization_id, :last_id + :round * 1000 + place, user_id, lead_id, activity_type, detail,
       :now + (:round * 1000 + place) * interval '1 second'
FROM (
    SELECT a.*, row_number() OVER (ORDER BY created_at, organization_id, id) AS place
    FROM (
        SELECT *
        FROM crm.activity_log
        WHERE created_at <= :now
        ORDER BY created_at DESC, organization_id, id
        LIMIT 1000
    ) AS a
) AS newest;
