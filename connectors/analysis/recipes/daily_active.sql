-- How many journeys were walked each day, and by how many people.
SELECT
    date_trunc('day', occurred_at) AS day,
    count(DISTINCT journey_id) AS journeys,
    count(DISTINCT profile_id) AS people,
    count(*) AS step_events
FROM events
WHERE instance_id IS NOT NULL
GROUP BY ALL
ORDER BY ALL;
