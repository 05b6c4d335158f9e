-- Which way people took out of each step, and how often.
SELECT
    journey_id, journey_version, mode, step_id,
    CASE WHEN branch IS NULL OR branch = outcome THEN outcome ELSE outcome || ':' || branch END
        AS way,
    count(*) AS times
FROM cohort
WHERE instance_id IS NOT NULL AND NOT ends(outcome)
    AND outcome NOT IN ('entered', 'moved_in', 'moved_out')
GROUP BY ALL
ORDER BY ALL;
