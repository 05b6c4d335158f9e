-- What the metrics add up to: of each kind the sum of the latest values, by version and outcome.
SELECT
    metric, journey_id, journey_version, outcome,
    sum(value)::BIGINT AS total,
    count(*) AS records,
    min(window_start) AS from_window,
    max(window_end) AS to_window
FROM latest_metrics
WHERE window_start IS NULL OR within(window_start)
GROUP BY ALL
ORDER BY ALL;
