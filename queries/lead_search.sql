-- title: Lead Search and Duplicate Check
-- asks: Is this person already known: the same e-mail address, or 20 newest leads whose name, company or address
--   contains the fragment typed?
-- tables: crm.leads
-- param organization_id bigint: class
-- param email text: SELECT coalesce((SELECT upper(email) FROM crm.leads WHERE organization_id = :organization_id
--   AND email IS NOT NULL AND deleted_at IS NULL ORDER BY id LIMIT 1), 'NOBODY@EXAMPLE.ORG')
-- param fragment text: SELECT coalesce((SELECT lower(last_name) FROM crm.leads
--   WHERE organization_id = :organization_id AND deleted_at IS NULL AND length(last_name) >= 4
--   GROUP BY lower(last_name) ORDER BY count(*), lower(last_name) LIMIT 1), 'smith')
-- class worst_two_letters: SELECT organization_id, 'qz' AS fragment FROM crm.leads
--   WHERE deleted_at IS NULL GROUP BY organization_id ORDER BY count(*) DESC, organization_id LIMIT 1
-- why worst_two_letters: two letters make no trigram, so no index helps and the largest tenant is read whole
-- expects: leads_org_email_idx, leads_search_trgm, leads_org_created_idx
--
-- People type addresses in any case, so the comparison is on lower(email), which the plain index on email cannot serve.
-- %, _ and \ in the fragment are ordinary letters. Two letters make no trigram: that class reads the whole tenant.
SELECT id, first_name, last_name, company, email, created_at,
       coalesce(lower(email) = lower(:email), false) AS same_email
FROM (
    (
        SELECT id, first_name, last_name, company, email, created_at
        FROM crm.leads
        WHERE organization_id = :organization_id
          AND deleted_at IS NULL
          AND lower(email) = lower(:email)
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
