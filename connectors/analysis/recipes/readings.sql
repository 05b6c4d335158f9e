-- What became of everybody who was read from an audience, reading by reading.
SELECT
    journey_id, journey_version,
    date_trunc('hour', occurred_at) AS hour,
    count(*) AS offered,
    count(*) FILTER (outcome = 'entered') AS entered,
    count(*) FILTER (outcome = 'not_entered' AND reason NOT IN ('expression_error', 'engine_error'))
        AS discarded,
    count(*) FILTER (reason IN ('expression_error', 'engine_error')) AS errors,
    min(occurred_at) AS first_at,
    max(occurred_at) AS last_at
FROM events
WHERE cause = 'read' AND outcome IN ('entered', 'not_entered')
GROUP BY ALL
ORDER BY ALL;
