-- Who came and where they are: entered and moved in = inside + completed + exited + failed + moved out.
WITH told AS (
    SELECT
        journey_id, journey_version, mode,
        count(*) FILTER (outcome = 'entered') AS entered,
        count(*) FILTER (outcome = 'not_entered') AS not_entered,
        count(*) FILTER (outcome = 'moved_in') AS moved_in,
        count(*) FILTER (outcome = 'moved_out') AS moved_out,
        count(*) FILTER (outcome = 'completed') AS completed,
        count(*) FILTER (outcome = 'exited') AS exited,
        count(*) FILTER (outcome = 'failed') AS failed
    FROM cohort
    GROUP BY ALL
),
here AS (SELECT journey_id, journey_version, mode, count(*) AS inside FROM standing GROUP BY ALL)
SELECT
    told.*, coalesce(inside, 0) AS inside,
    entered + moved_in - coalesce(inside, 0) - moved_out - completed - exited - failed AS drift
FROM told
LEFT JOIN here USING (journey_id, journey_version, mode)
ORDER BY ALL;
