-- Which rule kept people from entering, and how many.
SELECT
    journey_id, journey_version, reason, cause,
    count(*) AS times,
    count(DISTINCT profile_id) AS people,
    max(occurred_at) AS latest,
    any_value(detail) AS example
FROM events
WHERE outcome = 'not_entered'
GROUP BY ALL
ORDER BY journey_id, journey_version, times DESC, reason;
