-- class worst_foreign: WITH l AS MATERIALIZED (SELECT email FROM crm.leads WHERE deleted_at IS NULL
--   AND email IS NOT NULL ORDER BY id, organization_id LIMIT 1)
--   SELECT o.organization_id, l.email, 'no-such-name' AS fragment FROM l CROSS JOIN crm.organizations AS o
--   WHERE o.organization_id NOT IN (
--   SELECT organization_id FROM crm.leads WHERE lower(email) = (SELECT lower(email) FROM l))
--   ORDER BY o.organization_id LIMIT 1
-- rewrite: lead_search_two_steps
-- In one step: a shard is asked as plainly as the index of pairs allows.
SELECT id, first_name, last_name, company, email, created_at,
       coalesce(lower(email) = lower(:email), false) AS same_email
FROM (
    (
        SELECT id, first_name, last_name, company, email, created_at
        FROM crm.leads
        WHERE organization_id = :organization_id
          AND deleted_at IS NULL
          AND lower(email) = lower(:email)
    )
    UNION
    (
        SELECT id, first_name, last_name, company, email, created_at
        FROM crm.leads
        WHERE organization_id = :organization_id
          AND deleted_at IS NULL
          AND lower(first_name || ' ' || last_name || ' ' || coalesce(company, '') || ' ' || coalesce(email, ''))
              LIKE '%' || replace(replace(replace(lower(:fragment), '\', '\\'), '%', '\%'), '_', '\_') || '%'
          AND regexp_replace(
                  lower(first_name || ' ' || last_name || ' ' || coalesce(company, '') || ' ' || coalesce(email, '')),
                  '(.)', '\1\1', 'g')
              LIKE '%' || replace(replace(replace(regexp_replace(lower(:fragment), '(.)', '\1\1', 'g'), '\', '\\'),
                  '%', '\%'), '_', '\_') || '%'
        ORDER BY created_at DESC, id DESC
        LIMIT 20
    )
) AS found
ORDER BY same_email DESC, created_at DESC, id DESC;
