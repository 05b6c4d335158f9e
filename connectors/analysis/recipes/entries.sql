-- Who entered: how many a day, in each journey version.
SELECT
    journey_id, journey_version,
    date_trunc('day', occurred_at) AS day,
    count(*) AS entered,
    count(DISTINCT profile_id) AS people
FROM events
WHERE outcome = 'entered'
GROUP BY ALL
ORDER BY ALL;
