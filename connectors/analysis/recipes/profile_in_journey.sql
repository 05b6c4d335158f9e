-- In which journeys a person is or was: when, where they stand, how they left.
-- Needs: person
SELECT
    w.journey_id, w.journey_version, w.instance_id, w.began_at, w.cause,
    coalesce(w.outcome, 'inside') AS standing,
    s.step_id AS at_step, s.since, w.reason, w.ended_at
FROM walks w
LEFT JOIN standing s USING (journey_id, journey_version, mode, instance_id)
WHERE w.profile_id = getvariable('person')
ORDER BY w.began_at;
