-- title: Lead Insert
-- asks: What does it cost to enter about 100 new leads?
-- tables: crm.leads
-- param now timestamptz: clock
-- param last_id bigint: SELECT max(id) FROM crm.leads
-- param stride bigint: SELECT greatest(count(*) / 100, 1) FROM crm.leads
--
-- Modelled on every so-many-th lead there is, so that tenants get new leads in proportion to their size.
INSERT INTO crm.leads (
    organization_id, id, first_name, last_name, email, phone, company, job_title, country_code, source,
    lead_score, tags, custom_fields, created_at, updated_at)
SELECT organization_id, :last_id + :round * 100 + place, first_name, last_name, email, phone, company, job_title,
       country_code, source, lead_score, tags, custom_fields, moment, moment
FROM (
    SELECT l.*, :now + (:round * 100 + place) * interval '1 minute' AS moment
    FROM (
        SELECT *, row_number() OVER (ORDER BY id, organization_id) AS place
        FROM crm.leads
        WHERE id % :stride = :round % :stride AND id <= :last_id
    ) AS l
    WHERE place <= 100
) AS new_leads;
