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
-- why worst_two_letters: two letters make no trigram of the text itself, and nobody has them: without pairs of letters
--   the largest tenant is read whole
-- class worst_common: SELECT organization_id, left(lower(last_name), 3) AS fragment FROM crm.leads
--   WHERE deleted_at IS NULL AND length(last_name) >= 3 AND organization_id = (SELECT organization_id FROM crm.leads
--   WHERE deleted_at IS NULL GROUP BY organization_id ORDER BY count(*) DESC, organization_id LIMIT 1)
--   GROUP BY organization_id, left(lower(last_name), 3) ORDER BY count(*) DESC, left(lower(last_name), 3) LIMIT 1
-- why worst_common: the fragment that most names of the largest tenant begin with: many matches to sort for twenty
-- class worst_deleted: SELECT d.organization_id, d.email, lower(d.last_name) AS fragment FROM crm.leads AS d
--   WHERE d.deleted_at IS NOT NULL AND d.email IS NOT NULL AND length(d.last_name) >= 3 AND NOT EXISTS (
--   SELECT FROM crm.leads AS l WHERE l.organization_id = d.organization_id AND l.deleted_at IS NULL
--   AND lower(l.email) = lower(d.email))
--   ORDER BY d.created_at DESC, d.organization_id, d.id LIMIT 1
-- why worst_deleted: the address of somebody who was deleted: there is nobody to find
-- class worst_foreign: SELECT o.organization_id, l.email, 'no-such-name' AS fragment FROM (
--   SELECT email FROM crm.leads WHERE deleted_at IS NULL AND email IS NOT NULL
--   ORDER BY id, organization_id LIMIT 1) AS l
--   JOIN crm.organizations AS o ON NOT EXISTS (
--   SELECT FROM crm.leads AS own WHERE own.organization_id = o.organization_id AND lower(own.email) = lower(l.email))
--   ORDER BY o.organization_id LIMIT 1
-- why worst_foreign: the address of a lead of another tenant: there is nobody to find
-- class worst_known: SELECT organization_id, email, lower(last_name) AS fragment FROM crm.leads
--   WHERE deleted_at IS NULL AND email IS NOT NULL AND length(last_name) >= 4
--   ORDER BY created_at DESC, organization_id, id LIMIT 1
-- why worst_known: somebody who is known already, found by the address and by the name, and shown once
-- class worst_same_moment: WITH own AS MATERIALIZED (SELECT organization_id, id, created_at, last_name, lower(
--   first_name || ' ' || last_name || ' ' || coalesce(company, '') || ' ' || coalesce(email, '')) AS text
--   FROM crm.leads WHERE deleted_at IS NULL AND organization_id = (SELECT organization_id FROM crm.leads
--   WHERE deleted_at IS NULL GROUP BY organization_id ORDER BY count(*) DESC, organization_id LIMIT 1))
--   SELECT organization_id, fragment FROM (
--   SELECT l.organization_id, f.fragment, l.created_at, lead(l.created_at) OVER w AS older,
--   row_number() OVER w AS place
--   FROM (SELECT left(lower(last_name), 3) AS fragment FROM own WHERE last_name ~ '^[A-Za-z]{3}'
--   GROUP BY left(lower(last_name), 3) ORDER BY count(*) DESC, left(lower(last_name), 3) LIMIT 40) AS f
--   JOIN own AS l ON strpos(l.text, f.fragment) > 0
--   WINDOW w AS (PARTITION BY f.fragment ORDER BY l.created_at DESC, l.id DESC)) AS matches
--   ORDER BY coalesce(place = 20 AND created_at = older, false) DESC, place DESC, fragment LIMIT 1
-- why worst_same_moment: a fragment whose twenty newest matches end in the middle of an import: only the id orders them
-- expects: leads_org_email_idx, leads_search_pairs, leads_org_created_idx, lead_search_two_steps
--
-- People type addresses in any case, so the comparison is on lower(email), which the plain index on email cannot serve.
-- %, _ and \ in the fragment are ordinary letters.
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
        ORDER BY created_at DESC, id DESC
        LIMIT 20
    )
) AS found
ORDER BY same_email DESC, created_at DESC, id DESC;

-- rewrite: lead_search_two_steps
-- The newest thousand of the tenant first, in the order of the index, until twenty match; only if they do not, the
-- index of pairs, for all of the tenant. A pair is a letter written twice: in the index "ab" is "aabb", which has
-- trigrams. The text itself is compared in both steps, so that pairs only say where to look.
-- (SELECT ...) around a value hides it from the planner: one plan for all tenants and fragments, prepared or not, and a
-- walk that is priced as a tenth of the tenant.
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
          AND lower(email) = lower(:email)
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
