-- Every error, the latest first: of calls, and of walks that failed.
SELECT
    occurred_at, journey_id, journey_version, step_id, profile_id, outcome, reason,
    action_id, code, attempts, detail
FROM events
WHERE outcome IN ('error', 'timeout', 'capped', 'failed')
ORDER BY occurred_at DESC, event_id;
