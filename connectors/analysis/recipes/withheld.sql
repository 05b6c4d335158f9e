-- Which rule kept actions from being sent, at each step.
SELECT
    journey_id, journey_version, step_id, action_id, channel, reason,
    count(*) AS times,
    count(DISTINCT profile_id) AS people,
    any_value(detail) AS example
FROM events
WHERE outcome = 'not_sent'
GROUP BY ALL
ORDER BY journey_id, journey_version, times DESC, step_id, reason;
