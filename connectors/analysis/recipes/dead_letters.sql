-- Records that could not be used, by topic and reason.
SELECT
    topic, reason, count(*) AS times, max(recorded_at) AS latest, any_value(detail) AS example
FROM dead_letters
WHERE within(recorded_at)
GROUP BY ALL
ORDER BY times DESC, topic, reason;
