-- How each endpoint did: errors, and how long calls took from first attempt to end.
SELECT
    called,
    count(*) AS calls,
    count(*) FILTER (outcome = 'succeeded') AS succeeded,
    count(*) FILTER (http_class = '4') AS http_4xx,
    count(*) FILTER (http_class = '5') AS http_5xx,
    count(*) FILTER (outcome = 'timeout') AS timeouts,
    count(*) FILTER (outcome = 'capped') AS capped,
    count(*) FILTER (attempts > 1) AS retried,
    round(quantile_cont(latency_ms, 0.5) FILTER (attempts > 0)) AS p50_ms,
    round(quantile_cont(latency_ms, 0.95) FILTER (attempts > 0)) AS p95_ms,
    round(quantile_cont(latency_ms, 0.99) FILTER (attempts > 0)) AS p99_ms,
    round(quantile_cont(latency_ms, 0.999) FILTER (attempts > 0)) AS p999_ms
FROM calls
GROUP BY ALL
ORDER BY calls DESC, called;
