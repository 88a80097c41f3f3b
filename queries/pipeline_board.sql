-- title: Pipeline Board
-- asks: For each status: how many leads, worth how much, and which ten lead the column?
-- tables: crm.leads
-- param organization_id bigint: class
-- expects: crm_totals, leads_org_status_score_idx
--
-- Every status has its column, also when it is empty. The totals are made once for the tenant, not once per column.
SELECT s.lead_status,
       coalesce(t.leads, 0) AS leads,
       coalesce(t.value_cents, 0) AS value_cents,
       card.id,
       card.first_name,
       card.last_name,
       card.company,
       card.lead_score,
       card.deal_value_cents
FROM unnest(enum_range(NULL::crm.lead_status)) AS s(lead_status)
LEFT JOIN (
    SELECT lead_status, count(*) AS leads, sum(deal_value_cents) AS value_cents
    FROM crm.leads
    WHERE organization_id = :organization_id AND deleted_at IS NULL
    GROUP BY lead_status
) AS t ON t.lead_status = s.lead_status
LEFT JOIN LATERAL (
    SELECT id, first_name, last_name, company, lead_score, deal_value_cents
    FROM crm.leads AS l
    WHERE l.organization_id = :organization_id
      AND l.lead_status = s.lead_status
      AND l.deleted_at IS NULL
    ORDER BY l.lead_score DESC, l.id
    LIMIT 10
) AS card ON true
ORDER BY s.lead_status, card.lead_score DESC, card.id;

-- rewrite: crm_totals
-- Leads and value of a column are kept; its ten cards are read as before.
SELECT lead_status, leads, value_cents, id, first_name, last_name, company, lead_score, deal_value_cents
FROM crm_totals.pipeline_board(:organization_id)
ORDER BY lead_status, lead_score DESC, id;
