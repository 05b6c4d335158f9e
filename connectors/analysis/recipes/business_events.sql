-- Which business events came and how many people entered because of each.
SELECT
    v.journey_id, v.journey_version, v.entry_event,
    date_trunc('hour', e.occurred_at) AS hour,
    count(*) FILTER (e.outcome = 'entered') AS entered,
    count(*) FILTER (e.outcome = 'not_entered') AS not_entered,
    min(e.occurred_at) AS first_at
FROM events e
JOIN versions v USING (journey_id, journey_version)
WHERE e.cause = 'read' AND v.entry_event IS NOT NULL
    AND e.outcome IN ('entered', 'not_entered')
GROUP BY ALL
ORDER BY ALL;
