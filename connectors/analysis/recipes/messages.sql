-- What became of messages, by action and channel; people who reacted count once a message.
SELECT
    journey_id, journey_version, mode, step_id, action_id, channel,
    count(*) AS wanted,
    count(*) FILTER (requested) AS requested,
    count(*) FILTER (outcome = 'succeeded') AS sent,
    count(*) FILTER (outcome = 'not_sent') AS withheld,
    count(*) FILTER (outcome IN ('error', 'timeout', 'capped')) AS failed,
    count(delivered_at) AS delivered,
    count(opened_at) AS opened,
    count(clicked_at) AS clicked,
    count(*) FILTER (bounced) AS bounced,
    count(*) FILTER (unsubscribed) AS unsubscribed,
    count(*) FILTER (complained) AS complained,
    share(opened, sent) AS open_percent,
    share(clicked, sent) AS click_percent
FROM messages
GROUP BY ALL
ORDER BY journey_id, journey_version, mode, min(asked_at), step_id;
