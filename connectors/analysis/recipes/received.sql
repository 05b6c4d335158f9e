-- Whether messages to a person were sent, delivered, opened and clicked, and if not, why.
-- Needs: person
SELECT
    asked_at, journey_id, journey_version, step_id, action_id, channel, language,
    coalesce(outcome, 'requested') AS outcome, reason, code, sent_at, delivered_at, opened_at,
    clicked_at, bounced, unsubscribed, complained
FROM messages
WHERE profile_id = getvariable('person')
ORDER BY asked_at, step_id;
