-- How long after an arm was given people succeeded with it.
SELECT
    c.journey_id, c.journey_version, c.step_id, c.branch AS arm, c.event_type,
    count(*) AS conversions,
    count(DISTINCT c.profile_id) AS people,
    round(quantile_cont(date_diff('millisecond', g.occurred_at, c.occurred_at), 0.5) / 1000, 1)
        AS p50_s,
    round(max(date_diff('millisecond', g.occurred_at, c.occurred_at)) / 1000, 1) AS longest_s
FROM events c
LEFT JOIN chosen g
    ON g.instance_id = c.instance_id AND g.step_id = c.step_id AND g.visit = c.visit
    AND g.journey_version = c.journey_version AND g.outcome = 'passed'
WHERE c.outcome = 'converted'
GROUP BY ALL
ORDER BY ALL;
