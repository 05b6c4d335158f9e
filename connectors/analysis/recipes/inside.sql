-- How many people stand at each step, and since when the first of them.
SELECT
    journey_id, journey_version, step_id,
    count(*) AS walks,
    count(DISTINCT profile_id) AS people,
    min(since) AS longest_since
FROM standing
GROUP BY ALL
ORDER BY ALL;
