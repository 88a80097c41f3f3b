-- injection: A function on an indexed column
-- kind: query
-- query: lead_search
-- caught-by: counters
-- why: The index is on lower(email); compared by upper(email), every address of the tenant is read.
WITH asked AS MATERIALIZED (
    SELECT '%' || replace(replace(replace(fragment, '\', '\\'), '%', '\%'), '_', '\_') || '%' AS pattern,
           '%' || replace(replace(replace(regexp_replace(fragment, '(.)', '\1\1', 'g'), '\', '\\'), '%', '\%'),
               '_', '\_') || '%' AS pairs
    FROM lower(:fragment) AS typed(fragment)
), newest AS MATERIALIZED (
    SELECT id, first_name, last_name, company, email, created_at
    FROM (
        SELECT id, first_name, last_name, company, email, created_at
        FROM crm.leads
        WHERE organization_id = (SELECT :organization_id)
          AND deleted_at IS NULL
        ORDER BY created_at DESC, id DESC
        LIMIT (SELECT 1000)
    ) AS walked
    WHERE lower(first_name || ' ' || last_name || ' ' || coalesce(company, '') || ' ' || coalesce(email, ''))
          LIKE (SELECT pattern FROM asked)
    ORDER BY created_at DESC, id DESC
    LIMIT 20
), whole AS MATERIALIZED (
    SELECT id, first_name, last_name, company, email, created_at
    FROM crm.leads
    WHERE (SELECT count(*) FROM newest) < 20
      AND organization_id = (SELECT :organization_id)
      AND deleted_at IS NULL
      AND lower(first_name || ' ' || last_name || ' ' || coalesce(company, '') || ' ' || coalesce(email, ''))
          LIKE (SELECT pattern FROM asked)
      AND regexp_replace(
              lower(first_name || ' ' || last_name || ' ' || coalesce(company, '') || ' ' || coalesce(email, '')),
              '(.)', '\1\1', 'g') LIKE (SELECT pairs FROM asked)
)
SELECT id, first_name, last_name, company, email, created_at,
       coalesce(lower(email) = lower(:email), false) AS same_email
FROM (
    (
        SELECT id, first_name, last_name, company, email, created_at
        FROM crm.leads
        WHERE organization_id = (SELECT :organization_id)
          AND deleted_at IS NULL
          AND upper(email) = upper(:email)
    )
    UNION
    (
        SELECT id, first_name, last_name, company, email, created_at
        FROM (
            SELECT * FROM newest WHERE (SELECT count(*) FROM newest) = 20
            UNION ALL
            SELECT * FROM whole
        ) AS matches
        ORDER BY created_at DESC, id DESC
        LIMIT 20
    )
) AS found
ORDER BY same_email DESC, created_at DESC, id DESC;
