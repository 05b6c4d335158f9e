-- Events that came to a walk which could neither act on them nor keep them.
SELECT
    journey_id, journey_version, step_id, reason, event_type,
    count(*) AS times,
    count(DISTINCT profile_id) AS people,
    max(occurred_at) AS latest
FROM events
WHERE outcome = 'discarded'
GROUP BY ALL
ORDER BY times DESC, journey_id, step_id;
