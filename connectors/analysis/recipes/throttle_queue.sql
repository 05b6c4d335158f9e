-- How long calls waited for their turn before the first attempt.
SELECT
    called,
    count(queued_ms) AS calls,
    round(quantile_cont(queued_ms, 0.5)) AS p50_ms,
    round(quantile_cont(queued_ms, 0.95)) AS p95_ms,
    max(queued_ms) AS longest_ms
FROM calls
WHERE queued_ms IS NOT NULL
GROUP BY ALL
ORDER BY p95_ms DESC, called;
