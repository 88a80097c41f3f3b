-- title: Status Change
-- asks: What does it cost to move about 100 leads one stage on?
-- tables: crm.leads
-- param now timestamptz: clock
-- param stride bigint: SELECT greatest(count(*) / 100, 1) FROM crm.leads
UPDATE crm.leads
SET lead_status = (CASE lead_status
                       WHEN 'new' THEN 'contacted'
                       WHEN 'contacted' THEN 'qualified'
                       WHEN 'qualified' THEN 'proposal'
                       WHEN 'proposal' THEN 'negotiation'
                       WHEN 'negotiation' THEN 'won'
                       WHEN 'lost' THEN 'recycled'
                       ELSE 'new'
                   END)::crm.lead_status,
    updated_at = :now + :round * interval '1 second'
WHERE id % :stride = :round % :stride;
