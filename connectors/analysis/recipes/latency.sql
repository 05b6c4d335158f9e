-- Where time goes: from event to decision, in the queue, in the call, and back.
SELECT
    hop,
    count(*) AS times,
    round(quantile_cont(ms, 0.5)) AS p50_ms,
    round(quantile_cont(ms, 0.95)) AS p95_ms,
    round(quantile_cont(ms, 0.99)) AS p99_ms,
    max(ms) AS longest_ms
FROM (
    SELECT
        ingest_ms AS ingest,
        queued_ms AS queue,
        CASE WHEN attempts > 0 THEN latency_ms END AS call,
        returned_ms AS back,
        late_ms AS timer
    FROM events
)
UNPIVOT (ms FOR hop IN (ingest, queue, call, back, timer))
GROUP BY ALL
ORDER BY hop;
