-- How long people take from a step to the next one.
SELECT
    journey_id, journey_version, step_id,
    coalesce(next_step_id, ended) AS next,
    count(*) AS visits,
    round(quantile_cont(date_diff('millisecond', arrived_at, left_at), 0.5) / 1000, 1) AS p50_s,
    round(quantile_cont(date_diff('millisecond', arrived_at, left_at), 0.95) / 1000, 1) AS p95_s,
    round(max(date_diff('millisecond', arrived_at, left_at)) / 1000, 1) AS longest_s
FROM visits
WHERE left_at IS NOT NULL
GROUP BY ALL
ORDER BY journey_id, journey_version, min(arrived_at), next;
