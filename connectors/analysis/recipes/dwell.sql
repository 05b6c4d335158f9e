-- How long people take from a step to the next one.
SELECT
    v.journey_id, v.journey_version, v.step_id,
    coalesce(v.next_step_id, v.ended) AS next,
    count(*) AS visits,
    round(quantile_cont(v.stayed_ms, 0.5) / 1000, 1) AS p50_s,
    round(quantile_cont(v.stayed_ms, 0.95) / 1000, 1)
        AS p95_s,
    round(max(v.stayed_ms) / 1000, 1) AS longest_s
FROM visits v
LEFT JOIN steps s USING (journey_id, journey_version, step_id)
WHERE v.left_at IS NOT NULL
GROUP BY v.journey_id, v.journey_version, v.step_id, coalesce(v.next_step_id, v.ended), s.position
ORDER BY v.journey_id, v.journey_version, s.position NULLS LAST, min(v.arrived_at), next;
