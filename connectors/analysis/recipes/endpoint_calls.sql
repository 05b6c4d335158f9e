-- Calls of each endpoint, minute by minute: how many, and how they ended.
SELECT
    called,
    date_trunc('minute', occurred_at) AS minute,
    count(*) AS calls,
    count(*) FILTER (outcome = 'succeeded') AS succeeded,
    count(*) FILTER (http_class = '4') AS http_4xx,
    count(*) FILTER (http_class = '5') AS http_5xx,
    count(*) FILTER (outcome = 'timeout') AS timeouts,
    count(*) FILTER (outcome = 'capped') AS capped,
    round(count(*) / 60, 2) AS per_second
FROM calls
GROUP BY ALL
ORDER BY ALL;
