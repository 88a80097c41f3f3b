-- injection: A function on an indexed column
-- kind: query
-- query: lead_search
-- caught-by: counters
-- why: The index is on lower(email); compared by upper(email), every address of the tenant is read.
SELECT id, first_name, last_name, company, email, created_at,
       coalesce(lower(email) = lower(:email), false) AS same_email
FROM (
    (
        SELECT id, first_name, last_name, company, email, created_at
        FROM crm.leads
        WHERE organization_id = :organization_id
          AND deleted_at IS NULL
          AND upper(email) = upper(:email)
        ORDER BY created_at DESC, id DESC
        LIMIT 20
    )
    UNION
    (
        SELECT id, first_name, last_name, company, email, created_at
        FROM crm.leads
        WHERE organization_id = :organization_id
          AND deleted_at IS NULL
          AND lower(first_name || ' ' || last_name || ' ' || coalesce(company, '') || ' ' || coalesce(email, ''))
              LIKE '%' || replace(replace(replace(lower(:fragment), '\', '\\'), '%', '\%'), '_', '\_') || '%'
        ORDER BY created_at DESC, id DESC
        LIMIT 20
    )
) AS found
ORDER BY same_email DESC, created_at DESC, id DESC;
