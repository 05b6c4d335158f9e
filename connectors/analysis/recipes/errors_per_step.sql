-- How often each step failed, of how many visits.
SELECT
    journey_id, journey_version, step_id,
    count(DISTINCT (instance_id, visit)) AS visits,
    count(*) FILTER (outcome = 'error') AS errors,
    count(*) FILTER (outcome = 'timeout') AS timeouts,
    count(*) FILTER (outcome = 'capped') AS capped,
    count(*) FILTER (outcome = 'failed') AS walks_failed,
    share(count(*) FILTER (outcome IN ('error', 'timeout', 'capped')), visits) AS error_percent
FROM events
WHERE instance_id IS NOT NULL AND step_id <> 'entry'
GROUP BY ALL
HAVING errors + timeouts + capped + walks_failed > 0
ORDER BY journey_id, journey_version, errors + timeouts + capped DESC, step_id;
