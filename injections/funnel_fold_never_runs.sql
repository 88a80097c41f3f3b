-- injection: A fold of the funnel that never runs
-- kind: database
-- query: campaign_funnel
-- caught-by: counters
-- why: Every member has changed and changed back, and the log of that was never added to the totals.
INSERT INTO crm_funnel.log
SELECT organization_id, campaign_id, member_status, sign, CASE WHEN responded_at IS NULL THEN 0 ELSE sign END,
       CASE WHEN converted_at IS NULL THEN 0 ELSE sign END
FROM crm.campaign_members CROSS JOIN unnest(ARRAY[1, -1]) AS sign;
