-- How many people were sent a message, by channel: each counts once in the time asked for.
SELECT
    coalesce(channel, 'all') AS channel,
    count(DISTINCT profile_id) AS people,
    count(*) AS messages
FROM messages
WHERE sent_at IS NOT NULL
GROUP BY GROUPING SETS ((channel), ())
ORDER BY people DESC, channel;
