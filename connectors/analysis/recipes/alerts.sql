-- Alarms that were raised and resolved, the latest first, and what to do.
SELECT "at", alert, state, journey_id, journey_version, subject, value, threshold, advice
FROM alerts
WHERE wanted('journey', journey_id) AND within("at")
ORDER BY "at" DESC, alert;
