-- Self-checks of the filled database: each block gives one row of value, low, high.
-- Bounds leave room for sampling where a share is drawn (a term with :scale); what must agree exactly has none.

-- check: tenant_exponent
-- why: tenant sizes are Zipf with the exponent of the skew (see parameters.toml), over the tenants that pay
SELECT -regr_slope(ln(leads), ln(place)),
       shape.exponent - 0.05 - 400.0 / :base,
       shape.exponent + 0.05 + 400.0 / :base
FROM (SELECT CASE :skew WHEN 'mild' THEN 0.6 WHEN 'brutal' THEN 1.06 ELSE 0.9 END AS exponent) AS shape,
     (SELECT count(*) AS leads, rank() OVER (ORDER BY count(*) DESC, o.organization_id) AS place
      FROM crm.leads AS l JOIN crm.organizations AS o USING (organization_id)
      WHERE o.plan <> 'trial'
      GROUP BY o.organization_id) AS sizes
WHERE place > 1 OR :base = :scale  -- the largest has what goes beyond the base
GROUP BY shape.exponent;

-- check: tiny_tenants
-- why: the parameter class "tiny" needs tenants with 1 to 10 leads at every scale
SELECT count(*), 3, 1000000
FROM (SELECT FROM crm.leads GROUP BY organization_id HAVING count(*) <= 10) AS tiny;

-- check: empty_tenants
-- why: the parameter class "empty" needs a tenant that has signed up and has no lead yet
SELECT count(*), 2, 1000000
FROM crm.organizations AS o
WHERE NOT EXISTS (SELECT FROM crm.leads AS l WHERE l.organization_id = o.organization_id);

-- check: null_email
-- why: 3 % of leads have no e-mail address
SELECT avg((email IS NULL)::int), 0.03 - t, 0.03 + t
FROM crm.leads, (SELECT 0.01 + 1.5 / sqrt(:scale) AS t) AS room GROUP BY t;

-- check: null_phone
-- why: 55 % of leads have no telephone number
SELECT avg((phone IS NULL)::int), 0.55 - t, 0.55 + t
FROM crm.leads, (SELECT 0.01 + 1.5 / sqrt(:scale) AS t) AS room GROUP BY t;

-- check: null_company
-- why: 12 % of leads name no company
SELECT avg((company IS NULL)::int), 0.12 - t, 0.12 + t
FROM crm.leads, (SELECT 0.01 + 1.5 / sqrt(:scale) AS t) AS room GROUP BY t;

-- check: null_job_title
-- why: 40 % of leads have no job title
SELECT avg((job_title IS NULL)::int), 0.40 - t, 0.40 + t
FROM crm.leads, (SELECT 0.01 + 1.5 / sqrt(:scale) AS t) AS room GROUP BY t;

-- check: null_close_date
-- why: 80 % of leads have no expected closing date
SELECT avg((expected_close_on IS NULL)::int), 0.80 - t, 0.80 + t
FROM crm.leads, (SELECT 0.015 + 1.5 / sqrt(:scale) AS t) AS room GROUP BY t;

-- check: nulls_together
-- why: what a lead lacks, it lacks together: the columns' gaps are correlated inside a lead
SELECT corr((phone IS NULL)::int, (job_title IS NULL)::int), 0.1, 0.9
FROM crm.leads;

-- check: weekend_share
-- why: people work less on weekends, by their own clock: 2 × 0.35 of 5.7 days' worth of leads (imports apart). --clock
--   moves all rows as a whole: here and below they are taken back
SELECT avg((extract(isodow FROM (l.created_at - (:clock::timestamptz - '2026-01-01+00')) AT TIME ZONE o.timezone) >= 6)::int),
       0.123 - t, 0.123 + t
FROM crm.leads AS l JOIN crm.organizations AS o USING (organization_id),
     (SELECT 0.02 + 1.5 / sqrt(:scale) AS t) AS room
WHERE l.source <> 'import' GROUP BY t;

-- check: working_hours
-- why: people work by day, by their own clock: from 7 to 19 h (evenly spread it would be half)
SELECT avg((extract(hour FROM (l.created_at - (:clock::timestamptz - '2026-01-01+00')) AT TIME ZONE o.timezone)
            BETWEEN 7 AND 18)::int), 0.85, 0.98
FROM crm.leads AS l JOIN crm.organizations AS o USING (organization_id)
WHERE l.source <> 'import';

-- check: recent_growth
-- why: arrivals double in 18 months, so the last of three years brings about half of the leads
SELECT avg((created_at > :clock::timestamptz - interval '1 year')::int), 0.35, 0.60
FROM crm.leads;

-- check: tie_burst
-- why: imports give hundreds of leads of a tenant one created_at: ties that pages must survive
SELECT max(leads), CASE WHEN :scale >= 5000 THEN 200 ELSE 2 END, 20000
FROM (SELECT count(*) AS leads FROM crm.leads GROUP BY organization_id, created_at) AS moments;

-- check: import_share
-- why: 14 % of leads come in such bursts
SELECT avg((source = 'import')::int), CASE WHEN :scale >= 20000 THEN 0.10 ELSE 0.05 END, 0.17
FROM crm.leads;

-- check: orphans
-- why: references find their rows: owners of leads, leads of communications (the rest: foreign keys)
SELECT (SELECT count(*) FROM crm.leads AS c LEFT JOIN crm.users AS p
            ON p.organization_id = c.organization_id AND p.id = c.assigned_to_id
        WHERE c.assigned_to_id IS NOT NULL AND p.id IS NULL)
     + (SELECT count(*) FROM crm.communications AS c LEFT JOIN crm.leads AS p
            ON p.organization_id = c.organization_id AND p.id = c.lead_id
        WHERE p.id IS NULL), 0, 0;

-- check: whale_lead
-- why: one lead in 50,000 has thousands of communications
SELECT max(n), CASE WHEN :scale >= 5000 THEN 3000 ELSE 20 END, 20000
FROM (SELECT count(*) AS n FROM crm.communications GROUP BY organization_id, lead_id) AS leads;

-- check: whale_is_old
-- why: …most of them long past, while the table as a whole is recent: what makes the global time index a trap
SELECT avg((c.created_at < :clock::timestamptz - interval '1 year')::int), CASE WHEN :scale >= 5000 THEN 0.6 ELSE 0 END, 1
FROM crm.communications AS c
WHERE (c.organization_id, c.lead_id) = (SELECT organization_id, lead_id FROM crm.communications
      GROUP BY organization_id, lead_id ORDER BY count(*) DESC, organization_id, lead_id LIMIT 1);

-- check: scheduled_share
-- why: about 4 % of communications wait for their time; what decides the price of finding the due ones
SELECT avg((comm_status = 'scheduled')::int), 0.03, 0.05
FROM crm.communications;

-- check: due_now
-- why: a few of them are due and not yet sent: dozens at 20,000 leads, below 0.1 % at any scale
SELECT count(*) FILTER (WHERE comm_status = 'scheduled' AND scheduled_at <= :clock),
       greatest(:scale / 1000 - 4, 0), greatest(5, :scale * 4 * 0.001)
FROM crm.communications;

-- check: scheduled_kept
-- why: sent mail keeps scheduled_at, which makes a plain index on it useless
SELECT avg((scheduled_at IS NOT NULL)::int), 0.35, 0.65
FROM crm.communications
WHERE comm_status = 'completed';

-- check: won_share
-- why: about 1 % of leads are won at the clock (Implisit's funnel, cut off by age)
SELECT avg((lead_status = 'won')::int), greatest(0, 0.008 - 0.4 / sqrt(:scale)), 0.012 + 0.4 / sqrt(:scale)
FROM crm.leads;

-- check: referrals_win_more
-- why: the source decides about success: referrals are won more often than leads from advertising
SELECT avg((lead_status = 'won')::int) FILTER (WHERE source = 'referral')
     - avg((lead_status = 'won')::int) FILTER (WHERE source = 'paid_ads'), 0.01 - 1.6 / sqrt(:scale), 0.1
FROM crm.leads;

-- check: old_leads_are_closed
-- why: status follows from age: share won, lost or recycled among leads over a year old, less that of the last 60 days
SELECT avg((lead_status IN ('won', 'lost', 'recycled'))::int) FILTER (WHERE created_at < :clock::timestamptz - interval '1 year')
     - avg((lead_status IN ('won', 'lost', 'recycled'))::int) FILTER (WHERE created_at > :clock::timestamptz - interval '60 days'),
       0.3, 0.9
FROM crm.leads;

-- check: score_and_status
-- why: opportunities score higher by 30 points, less what the cut at 100 takes
SELECT avg(lead_score) FILTER (WHERE lead_status IN ('qualified', 'proposal', 'negotiation', 'won'))
     - avg(lead_score) FILTER (WHERE lead_status = 'lost'), 15, 45
FROM crm.leads;

-- check: broken_automation
-- why: the hot tenant owns an automation that fails at 35 %: correlation across joins
SELECT max(failed), 0.25, 0.50
FROM (SELECT avg((run_status = 'failed')::int) AS failed
      FROM crm.automation_runs
      WHERE organization_id = (SELECT organization_id FROM crm.leads
                               GROUP BY organization_id ORDER BY count(*) DESC, organization_id LIMIT 1)
      GROUP BY automation_id HAVING count(*) >= 30) AS automations;

-- check: shared_ids
-- why: keys are per tenant, and ids repeat: of two installations that were merged, each had its own numbering
SELECT count(*) FILTER (WHERE tenants > 1)::numeric / count(*), 0.02, 0.5
FROM (SELECT count(*) AS tenants FROM crm.leads GROUP BY id) AS ids;

-- check: failed_runs
-- why: 2.5 % of runs fail, 35 % of those of broken automations, 60 % during outages
SELECT avg((run_status = 'failed')::int), 0.02, 0.20
FROM crm.automation_runs;

-- check: big_payloads
-- why: about 1 % of run inputs exceed 8 kB and go to TOAST (every 16th run is looked at)
SELECT avg((octet_length(input::text) > 8000)::int), greatest(0, 0.009 - 0.9 / sqrt(:scale)), 0.015 + 0.9 / sqrt(:scale)
FROM crm.automation_runs
WHERE id % 16 = 0;

-- check: duplicates
-- why: 6 % of leads repeat an earlier one of their tenant: the address in any case, or the digits of the number
SELECT avg((email_seen OR phone_seen)::int), 0.035, 0.085
FROM (SELECT email IS NOT NULL
             AND row_number() OVER (PARTITION BY organization_id, lower(email) ORDER BY id) > 1 AS email_seen,
             phone IS NOT NULL
             AND row_number() OVER (PARTITION BY organization_id, right(translate(phone, ' -+', ''), 9) ORDER BY id) > 1
             AS phone_seen
      FROM crm.leads) AS l;

-- check: deleted_share
-- why: 2 % of leads are softly deleted
SELECT avg((deleted_at IS NOT NULL)::int), 0.02 - t, 0.02 + t
FROM crm.leads, (SELECT 0.004 + 0.5 / sqrt(:scale) AS t) AS room GROUP BY t;

-- check: untagged_share
-- why: 30 % of leads carry no tag
SELECT avg((tags = '[]')::int), 0.30 - t, 0.30 + t
FROM crm.leads, (SELECT 0.01 + 1.5 / sqrt(:scale) AS t) AS room GROUP BY t;

-- check: absent_tag
-- why: one tag is never given: the search that finds nothing
SELECT count(*), 0, 0
FROM crm.leads
WHERE tags @> '["zz-reserved"]';

-- check: rare_audit_field
-- why: changes of tax_id are 0.07 % of the audit log: the selective probe beside the common lead_status
SELECT avg((changes ? 'tax_id')::int), greatest(0, 0.0005 - 0.03 / sqrt(:scale)), 0.0009 + 0.03 / sqrt(:scale)
FROM crm.audit_log;

-- check: last_contacted
-- why: leads.last_contacted_at is completed_at of the newest completed communication, nothing else
SELECT count(*), 0, 0
FROM crm.leads AS l
LEFT JOIN (SELECT organization_id, lead_id, max(completed_at) AS newest FROM crm.communications
           WHERE comm_status = 'completed' GROUP BY organization_id, lead_id) AS c
       ON c.organization_id = l.organization_id AND c.lead_id = l.id
WHERE l.last_contacted_at IS DISTINCT FROM c.newest;

-- check: last_score
-- why: leads.lead_score is the last new_score of its history, 0 without one
SELECT count(*), 0, 0
FROM crm.leads AS l
LEFT JOIN (SELECT DISTINCT ON (organization_id, lead_id) organization_id, lead_id, new_score
           FROM crm.lead_score_history ORDER BY organization_id, lead_id, created_at DESC, id DESC) AS h
       ON h.organization_id = l.organization_id AND h.lead_id = l.id
WHERE l.lead_score <> coalesce(h.new_score, 0);

-- check: last_owner
-- why: leads.assigned_to_id is whom the last assignment names
SELECT count(*), 0, 0
FROM crm.leads AS l
LEFT JOIN (SELECT DISTINCT ON (organization_id, lead_id) organization_id, lead_id, assigned_to_id
           FROM crm.lead_assignments ORDER BY organization_id, lead_id, assigned_at DESC, id DESC) AS a
       ON a.organization_id = l.organization_id AND a.lead_id = l.id
WHERE l.assigned_to_id IS DISTINCT FROM a.assigned_to_id;

-- check: before_their_lead
-- why: nothing happens to a lead before it exists (asked of its automation runs)
SELECT count(*), 0, 0
FROM crm.leads AS l JOIN crm.automation_runs AS r ON r.organization_id = l.organization_id AND r.lead_id = l.id
WHERE r.started_at < l.created_at;

-- check: after_the_clock
-- why: nothing is later than the frozen clock but what is scheduled
SELECT (SELECT count(*) FROM crm.leads WHERE greatest(created_at, updated_at, deleted_at) >= :clock)
     + (SELECT count(*) FROM crm.communications WHERE created_at >= :clock OR completed_at >= :clock)
     + (SELECT count(*) FROM crm.automation_runs WHERE started_at >= :clock)
     + (SELECT count(*) FROM crm.automation_run_steps WHERE created_at >= :clock)
     + (SELECT count(*) FROM crm.activity_log WHERE created_at >= :clock)
     + (SELECT count(*) FROM crm.audit_log WHERE created_at >= :clock), 0, 0;

-- check: time_runs
-- why: rows lie in time order within each chunk of 5,000 leads: steps back only from one chunk to the next
SELECT count(*) FILTER (WHERE started_at < before), 0, (:scale - 1) / 5000
FROM (SELECT started_at, lag(started_at) OVER (ORDER BY ctid) AS before FROM crm.automation_runs) AS runs;
