-- Alarms that were raised, the latest first.
SELECT kafka_at AS told_at, journey_id, journey_version, record
FROM alerts
WHERE wanted('journey', journey_id) AND within(kafka_at)
ORDER BY kafka_at DESC;
