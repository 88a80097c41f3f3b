-- Parameter classes: which tenants the queries are asked for. Up to three rows a class, each row one binding.
--
-- class hot: the tenant with the most live leads: where a query that reads its whole tenant is slowest
-- class p90: tenants around the 90th percentile of size: the large customers of whom there are many
-- class median: tenants in the middle of the ranking by size: what an ordinary customer feels
-- class tiny: the largest tenants with at most ten live leads: what an index may cost where there is nothing to gain
-- class empty: a tenant that has signed up and has no lead yet: an answer of no rows has to be quick too
--
-- Ranked by live leads, ties by id, tenants without a lead left out: a function of the rows, never of the plan.
WITH counted AS (
    SELECT o.organization_id, count(l.id) AS leads
    FROM crm.organizations AS o
    LEFT JOIN crm.leads AS l
           ON l.organization_id = o.organization_id AND l.deleted_at IS NULL
    GROUP BY o.organization_id
), ranked AS (
    SELECT organization_id, leads,
           row_number() OVER (ORDER BY leads DESC, organization_id) AS place,
           count(*) OVER () AS tenants
    FROM counted
    WHERE leads > 0
), tiny AS (
    SELECT organization_id, leads, row_number() OVER (ORDER BY leads DESC, organization_id) AS nth
    FROM ranked
    WHERE leads BETWEEN 1 AND 10
), chosen AS (
    SELECT 1 AS class_no, 'hot' AS class, place AS nth, organization_id, leads
    FROM ranked
    WHERE place = 1
    UNION ALL
    SELECT 2, 'p90', place, organization_id, leads
    FROM ranked
    WHERE place > 1 AND abs(place - greatest(3, (tenants + 9) / 10)) <= 1
    UNION ALL
    SELECT 3, 'median', place, organization_id, leads
    FROM ranked
    WHERE place > 1 AND abs(place - (tenants + 1) / 2) <= 1
    UNION ALL
    SELECT 4, 'tiny', nth, organization_id, leads
    FROM tiny
    WHERE nth <= 3
    UNION ALL
    (SELECT 5, 'empty', 1, organization_id, leads
     FROM counted
     WHERE leads = 0
     ORDER BY organization_id
     LIMIT 1)
)
SELECT class, organization_id,
       to_char(leads, 'FM999,999,999,990') || CASE leads WHEN 1 THEN ' live lead' ELSE ' live leads' END AS about
FROM chosen
ORDER BY class_no, nth;
