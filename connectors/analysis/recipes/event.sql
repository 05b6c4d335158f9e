-- What became of one event, by its `_id`: whom it let in, moved or not, and why not.
-- Needs: event
SELECT
    occurred_at, profile_id, journey_id, journey_version, mode, step_id, outcome, reason, branch,
    detail
FROM events
WHERE trigger_event_id = getvariable('event')
UNION ALL BY NAME
SELECT
    recorded_at AS occurred_at, key AS profile_id, 'dead letter' AS outcome, reason, detail
FROM dead_letters
WHERE contains(sample, getvariable('event'))
ORDER BY occurred_at;
