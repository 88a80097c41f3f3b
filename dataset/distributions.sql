-- What the filled database looks like, for the report: each block gives rows of label and count, in display order.
-- Sizes are drawn in 1-2-5 steps: from a trial tenant to the largest, and from a lead nobody wrote to, to the whale.

-- distribution: Leads per organization
-- across: live leads in the organization
-- counts: organizations
SELECT s.label, count(o.organization_id)
FROM (VALUES (0, 0, '0'), (1, 1, '1'), (2, 4, '2–4'), (5, 9, '5–9'), (10, 19, '10–19'), (20, 49, '20–49'), (50, 99, '50–99'),
             (100, 199, '100–199'), (200, 499, '200–499'), (500, 999, '500–999'), (1000, 1999, '1,000–1,999'),
             (2000, 4999, '2,000–4,999'), (5000, 9999, '5,000–9,999'), (10000, 19999, '10,000–19,999'),
             (20000, 49999, '20,000–49,999'), (50000, 99999, '50,000–99,999'), (100000, 199999, '100k–199k'),
             (200000, 499999, '200k–499k'), (500000, 999999, '500k–999k'),
             (1000000, 9223372036854775807, '1M or more')) AS s(low, high, label)
LEFT JOIN (SELECT o.organization_id, count(l.id) AS leads
           FROM crm.organizations AS o
           LEFT JOIN crm.leads AS l ON l.organization_id = o.organization_id AND l.deleted_at IS NULL
           GROUP BY o.organization_id) AS o ON o.leads BETWEEN s.low AND s.high
GROUP BY s.low, s.label
HAVING s.low <= (SELECT max(leads) FROM (SELECT count(*) AS leads FROM crm.leads
                                         WHERE deleted_at IS NULL GROUP BY organization_id) AS sizes)
ORDER BY s.low;

-- distribution: Communications per lead
-- across: communications of the lead
-- counts: leads
WITH per_lead AS (
    SELECT count(*) AS n FROM crm.communications GROUP BY organization_id, lead_id
), sizes AS (
    SELECT n, count(*) AS leads FROM per_lead GROUP BY n
    UNION ALL
    SELECT 0, (SELECT count(*) FROM crm.leads) - (SELECT count(*) FROM per_lead)
)
SELECT s.label, coalesce(sum(p.leads), 0)::bigint
FROM (VALUES (0, 0, '0'), (1, 1, '1'), (2, 2, '2'), (3, 4, '3–4'), (5, 9, '5–9'), (10, 19, '10–19'), (20, 49, '20–49'),
             (50, 99, '50–99'), (100, 199, '100–199'), (200, 499, '200–499'), (500, 999, '500–999'),
             (1000, 1999, '1,000–1,999'), (2000, 9223372036854775807, '2,000 or more')) AS s(low, high, label)
LEFT JOIN sizes AS p ON p.n BETWEEN s.low AND s.high
GROUP BY s.low, s.label
HAVING s.low <= (SELECT max(n) FROM per_lead)
ORDER BY s.low;

-- distribution: New leads by quarter
-- across: quarter in which the lead was created
-- counts: leads
SELECT to_char(quarter, 'YYYY "Q"Q'), leads
FROM (SELECT date_trunc('quarter', created_at) AS quarter, count(*) AS leads FROM crm.leads GROUP BY 1) AS quarters
ORDER BY quarter;

-- distribution: New leads by weekday
-- across: weekday on the organization's clock
-- counts: leads not imported
SELECT (ARRAY['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'])[day], coalesce(found.leads, 0)
FROM generate_series(1, 7) AS day
LEFT JOIN (SELECT extract(isodow FROM l.created_at AT TIME ZONE o.timezone)::int AS day, count(*) AS leads
           FROM crm.leads AS l JOIN crm.organizations AS o USING (organization_id)
           WHERE l.source <> 'import'
           GROUP BY 1) AS found USING (day)
ORDER BY day;

-- distribution: New leads by hour
-- across: hour on the organization's clock
-- counts: leads not imported
SELECT hour::text AS label, coalesce(found.leads, 0)
FROM generate_series(0, 23) AS hour
LEFT JOIN (SELECT extract(hour FROM l.created_at AT TIME ZONE o.timezone)::int AS hour, count(*) AS leads
           FROM crm.leads AS l JOIN crm.organizations AS o USING (organization_id)
           WHERE l.source <> 'import'
           GROUP BY 1) AS found USING (hour)
ORDER BY hour;

-- distribution: Lead score
-- across: score
-- counts: leads
SELECT CASE low WHEN 90 THEN '90–100' ELSE low || '–' || low + 9 END, coalesce(found.leads, 0)
FROM generate_series(0, 90, 10) AS low
LEFT JOIN (SELECT least(lead_score / 10, 9) * 10 AS low, count(*) AS leads FROM crm.leads GROUP BY 1) AS found USING (low)
ORDER BY low;

-- distribution: Lead status
-- across: status, in the order of the funnel
-- counts: leads
SELECT status::text AS label, coalesce(found.leads, 0)
FROM unnest(enum_range(NULL::crm.lead_status)) AS status
LEFT JOIN (SELECT lead_status AS status, count(*) AS leads FROM crm.leads GROUP BY 1) AS found USING (status)
ORDER BY status;

-- distribution: Tags per lead
-- across: tags on the lead
-- counts: leads
SELECT CASE tags WHEN 5 THEN '5 or more' ELSE tags::text END, coalesce(found.leads, 0)
FROM generate_series(0, 5) AS tags
LEFT JOIN (SELECT least(jsonb_array_length(tags), 5) AS tags, count(*) AS leads FROM crm.leads GROUP BY 1) AS found USING (tags)
ORDER BY tags;
