-- title: Log Retention
-- asks: What does it cost to delete the 200 oldest actions?
-- tables: crm.activity_log
--
-- A deleted row stays in every index until VACUUM takes it out: what the indexes cost here, VACUUM pays.
DELETE FROM crm.activity_log AS a
USING (
    SELECT organization_id, id
    FROM crm.activity_log
    ORDER BY created_at, organization_id, id
    LIMIT 200
) AS oldest
WHERE a.organization_id = oldest.organization_id AND a.id = oldest.id;
