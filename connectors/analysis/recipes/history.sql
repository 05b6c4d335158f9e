-- All that is told of a person, in order.
-- Needs: person
SELECT
    occurred_at, journey_id, journey_version, mode, instance_id, step_id, visit, outcome, reason,
    branch, cause, event_type, action_id, code, due_at, detail
FROM events
WHERE profile_id = getvariable('person')
ORDER BY occurred_at, kafka_partition, kafka_offset;
