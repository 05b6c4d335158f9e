-- How many walks reached each step, how they left it, and who was lost there.
WITH reached AS (
    SELECT
        journey_id, journey_version, mode, step_id,
        count(DISTINCT instance_id) AS reached,
        count(*) AS visits,
        count(*) FILTER (here) AS standing,
        count(*) FILTER (ended = 'completed') AS completed,
        count(*) FILTER (ended = 'exited') AS exited,
        count(*) FILTER (ended = 'failed') AS failed,
        quantile_cont(stayed_ms, 0.5) AS p50_ms,
        quantile_cont(stayed_ms, 0.95) AS p95_ms,
        min(arrived_at) AS first_at
    FROM visits
    GROUP BY ALL
),
began AS (
    SELECT journey_id, journey_version, mode, count(DISTINCT instance_id) AS walks
    FROM visits
    GROUP BY ALL
)
SELECT
    r.journey_id, r.journey_version, r.mode, r.step_id, s.label,
    r.reached, share(r.reached, b.walks) AS percent, r.visits, r.standing, r.completed, r.exited,
    r.failed, round(r.p50_ms)::BIGINT AS p50_ms, round(r.p95_ms)::BIGINT AS p95_ms
FROM reached r
JOIN began b USING (journey_id, journey_version, mode)
LEFT JOIN steps s USING (journey_id, journey_version, step_id)
ORDER BY r.journey_id, r.journey_version, r.mode, s.position NULLS LAST, r.first_at;
