-- Why events moved nobody: refused, discarded, or no good records.
SELECT 'not entered' AS what, journey_id, event_type, reason, count(*) AS times,
    any_value(detail) AS example
FROM events
WHERE outcome = 'not_entered' AND cause = 'event'
GROUP BY ALL
UNION ALL BY NAME
SELECT 'discarded' AS what, journey_id, event_type, reason, count(*) AS times,
    any_value(detail) AS example
FROM events
WHERE outcome = 'discarded'
GROUP BY ALL
UNION ALL BY NAME
SELECT 'dead letter' AS what, reason, count(*) AS times, any_value(detail) AS example
FROM dead_letters
WHERE topic LIKE '%events' AND within(recorded_at)
GROUP BY ALL
UNION ALL BY NAME
SELECT 'not listened' AS what, event_type, sum(value)::BIGINT AS times
FROM (
    SELECT *, record ->> 'event_type' AS event_type, record ->> 'result' AS result
    FROM latest_metrics
)
WHERE metric = 'journeys_events_total' AND result = 'not_listened' AND within(window_start)
GROUP BY ALL
ORDER BY times DESC, what, reason;
