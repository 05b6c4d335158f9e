-- How long people take from one step to another, whatever lies between.
-- Needs: from_step, to_step
WITH pairs AS (
    SELECT
        a.journey_id, a.journey_version,
        date_diff('millisecond', a.arrived_at, min(b.arrived_at)) AS took
    FROM visits a
    JOIN visits b USING (journey_id, journey_version, mode, instance_id)
    WHERE a.step_id = getvariable('from_step') AND b.step_id = getvariable('to_step')
        AND b.arrived_at >= a.arrived_at
    GROUP BY a.journey_id, a.journey_version, a.mode, a.instance_id, a.visit, a.arrived_at
)
SELECT
    journey_id, journey_version,
    count(*) AS times,
    round(quantile_cont(took, 0.5) / 1000, 1) AS p50_s,
    round(quantile_cont(took, 0.95) / 1000, 1) AS p95_s,
    round(max(took) / 1000, 1) AS longest_s
FROM pairs
GROUP BY ALL
ORDER BY ALL;
