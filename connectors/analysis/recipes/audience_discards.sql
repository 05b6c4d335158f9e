-- Why people who went into an audience, or out of it, did not enter.
SELECT
    journey_id, journey_version, reason,
    count(*) AS times,
    count(DISTINCT profile_id) AS people,
    any_value(detail) AS example
FROM events
WHERE cause = 'audience' AND outcome = 'not_entered'
GROUP BY ALL
ORDER BY journey_id, journey_version, times DESC, reason;
