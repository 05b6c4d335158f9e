-- How often each arm of an experiment was given, and succeeded with.
SELECT
    journey_id, journey_version, mode, step_id, branch AS arm,
    count(*) FILTER (outcome = 'passed') AS given,
    count(*) FILTER (outcome = 'converted') AS converted,
    share(converted, given) AS percent
FROM cohort
WHERE step_kind = 'experiment' AND reason IS NULL AND branch IS NOT NULL
    AND outcome IN ('passed', 'converted')
GROUP BY ALL
ORDER BY ALL;
