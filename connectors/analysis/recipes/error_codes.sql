-- Calls that failed, by code, and which share of them was tried again.
SELECT
    called, outcome, code,
    count(*) AS failed,
    share(count(*) FILTER (attempts > 1), failed) AS retried_percent,
    max(attempts) AS most_attempts,
    any_value(detail) AS example
FROM calls
WHERE outcome <> 'succeeded'
GROUP BY ALL
ORDER BY failed DESC, called, code;
