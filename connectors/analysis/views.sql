-- What recipes and reports ask, over the records of topics: `step_events`, `feedback`,
-- `dead_letters`, `metrics`, `alerts`, and the names in `versions` and `steps`.
--
-- Variables narrow it down, each by itself, and none has to be set:
--   SET VARIABLE journey = 'welcome';      SET VARIABLE version = 2;
--   SET VARIABLE since = TIMESTAMPTZ '2026-03-01 08:00:00Z';      SET VARIABLE until = …;
--   SET VARIABLE mode = 'shadow';          'live' by default; 'all' is every mode

CREATE OR REPLACE MACRO wanted(name, value) AS
    getvariable(name) IS NULL OR value = getvariable(name);

CREATE OR REPLACE MACRO within(instant) AS
    (getvariable('since') IS NULL OR instant >= getvariable('since'))
    AND (getvariable('until') IS NULL OR instant < getvariable('until'));

CREATE OR REPLACE MACRO share(part, whole) AS
    CASE WHEN whole > 0 THEN round(100.0 * part / whole, 1) END;

-- What a person comes to a step by and stays, and what says nothing of where a walk stands.
CREATE OR REPLACE MACRO stays(outcome) AS outcome IN ('waiting', 'requested', 'held');
CREATE OR REPLACE MACRO ends(outcome) AS outcome IN ('completed', 'exited', 'failed');
CREATE OR REPLACE MACRO leaves(outcome) AS NOT stays(outcome) AND outcome <> 'moved_in';
-- Whoever enters a step anew after a move tells so by what follows.
CREATE OR REPLACE MACRO moves_in(outcome, next_step_id) AS
    outcome = 'moved_in' AND next_step_id IS NULL;
CREATE OR REPLACE MACRO is_aside(outcome) AS
    outcome IN ('entered', 'not_entered', 'discarded', 'converted', 'joined');

-- Step events of the journeys that are asked for, of all times.
CREATE OR REPLACE VIEW chosen AS
SELECT * REPLACE (coalesce(mode, 'live') AS mode)
FROM step_events
WHERE outcome IS NOT NULL
    AND wanted('journey', journey_id)
    AND wanted('version', journey_version)
    AND coalesce(getvariable('mode'), 'live') IN ('all', coalesce(mode, 'live'));

-- Those of them that happened in the time that is asked for.
CREATE OR REPLACE VIEW events AS
SELECT * FROM chosen WHERE within(occurred_at);

-- All step events, whenever, of the walks that began in that time; and who did not enter in it.
CREATE OR REPLACE VIEW cohort AS
SELECT * FROM chosen
WHERE (getvariable('since') IS NULL AND getvariable('until') IS NULL)
    OR (instance_id IS NULL AND within(occurred_at))
    OR instance_id IN (
        SELECT instance_id FROM step_events WHERE outcome = 'entered' AND within(occurred_at)
    );

-- A row for each visit of a step: when the person came first and last, and left, how long they
-- stood there, how they left, and whether they stand there.
CREATE OR REPLACE VIEW visits AS
WITH told AS (
    SELECT
        journey_id, journey_version, mode, instance_id, step_id, visit,
        any_value(step_kind) AS step_kind,
        any_value(profile_id) AS profile_id,
        min(occurred_at) AS arrived_at,
        max(occurred_at) FILTER (NOT stays(outcome)) AS last_at,
        -- Each move to the step is a coming, and so is staying there before the first of them.
        min(occurred_at) FILTER (stays(outcome)) AS stayed_at,
        min(occurred_at) FILTER (moves_in(outcome, next_step_id)) AS moved_at,
        max(occurred_at) FILTER (moves_in(outcome, next_step_id)) AS moved_last_at,
        coalesce(stayed_at < coalesce(moved_at, 'infinity'), false) AS came_first,
        came_first::INTEGER
            + count(*) FILTER (moves_in(outcome, next_step_id))
            - count(*) FILTER (leaves(outcome)) AS here,
        coalesce(sum(epoch_ms(occurred_at)) FILTER (leaves(outcome)), 0)
            - coalesce(sum(epoch_ms(occurred_at)) FILTER (moves_in(outcome, next_step_id)), 0)
            - CASE WHEN came_first THEN epoch_ms(stayed_at) ELSE 0 END AS between_ms,
        any_value(outcome) FILTER (
            NOT stays(outcome) AND NOT ends(outcome) AND outcome <> 'moved_in'
        ) AS outcome,
        any_value(branch) FILTER (
            NOT stays(outcome) AND NOT ends(outcome) AND outcome <> 'moved_in'
        ) AS branch,
        any_value(next_step_id) FILTER (outcome <> 'moved_in') AS next_step_id,
        any_value(outcome) FILTER (ends(outcome)) AS ended,
        any_value(reason) FILTER (ends(outcome)) AS end_reason
    FROM cohort
    WHERE instance_id IS NOT NULL AND NOT is_aside(outcome)
    GROUP BY ALL
)
SELECT
    * EXCLUDE (last_at, here, stayed_at, moved_at, moved_last_at, came_first, between_ms),
    coalesce(moved_last_at, arrived_at) AS came_at,
    CASE WHEN here <= 0 THEN last_at END AS left_at,
    -- Without the time that a walk which was moved to and fro spent elsewhere.
    CASE
        WHEN here = 0 THEN between_ms
        WHEN here < 0 THEN date_diff('millisecond', arrived_at, last_at)
    END::BIGINT AS stayed_ms,
    here > 0 AS here
FROM told;

-- A row for each walk in each version: when it began there, and how it ended.
CREATE OR REPLACE VIEW walks AS
SELECT
    journey_id, journey_version, mode, instance_id,
    any_value(profile_id) AS profile_id,
    min(occurred_at) AS began_at,
    any_value(cause) FILTER (outcome = 'entered') AS cause,
    any_value(trigger_event_id) FILTER (outcome = 'entered') AS trigger_event_id,
    max(occurred_at) FILTER (ends(outcome)) AS ended_at,
    any_value(outcome) FILTER (ends(outcome)) AS outcome,
    any_value(reason) FILTER (ends(outcome)) AS reason
FROM cohort
WHERE instance_id IS NOT NULL
GROUP BY ALL;

-- Where those stand who are inside: one row for each walk.
CREATE OR REPLACE VIEW standing AS
SELECT
    journey_id, journey_version, mode, instance_id,
    any_value(profile_id) AS profile_id,
    min_by(step_id, arrived_at) FILTER (here) AS step_id,
    min(came_at) FILTER (here) AS since
FROM visits
GROUP BY ALL
HAVING count(ended) = 0 AND bool_or(here);

-- A row for each call of an action or lookup that has ended.
CREATE OR REPLACE VIEW calls AS
SELECT
    *,
    coalesce(nullif(endpoint, ''), action_id) AS called,
    regexp_extract(code, '^http_(\d)', 1) AS http_class
FROM events
WHERE outcome IN ('succeeded', 'error', 'timeout', 'capped') AND action_id IS NOT NULL;

-- A row for each message that was asked for or withheld, and what became of it.
CREATE OR REPLACE VIEW messages AS
WITH asked AS (
    SELECT
        journey_id, journey_version, mode, step_id, instance_id, visit,
        any_value(profile_id) AS profile_id,
        any_value(action_id) AS action_id,
        any_value(channel) AS channel,
        any_value(language) AS language,
        any_value(request_id) AS request_id,
        bool_or(outcome = 'requested') AS requested,
        min(occurred_at) AS asked_at,
        any_value(occurred_at) FILTER (outcome = 'succeeded') AS sent_at,
        any_value(outcome) FILTER (NOT stays(outcome)) AS outcome,
        any_value(reason) FILTER (NOT stays(outcome)) AS reason,
        any_value(code) AS code
    FROM events
    WHERE action_id IS NOT NULL AND step_kind = 'action' AND channel <> 'webhook'
    GROUP BY ALL
),
told AS (
    SELECT
        request_id,
        min(coalesce(happened_at, kafka_at)) FILTER (reaction = 'delivered') AS delivered_at,
        min(coalesce(happened_at, kafka_at)) FILTER (reaction = 'opened') AS opened_at,
        min(coalesce(happened_at, kafka_at)) FILTER (reaction = 'clicked') AS clicked_at,
        bool_or(reaction = 'bounced') AS bounced,
        bool_or(reaction = 'unsubscribed') AS unsubscribed,
        bool_or(reaction = 'complained') AS complained
    FROM feedback
    WHERE request_id IS NOT NULL
    GROUP BY ALL
)
SELECT asked.*, told.* EXCLUDE (request_id) FROM asked LEFT JOIN told USING (request_id);

-- The latest record of each key: one that is written again takes the place of the one before.
CREATE OR REPLACE VIEW latest_metrics AS
WITH last AS (
    SELECT * FROM metrics
    QUALIFY row_number() OVER (PARTITION BY kafka_key ORDER BY kafka_offset DESC) = 1
)
SELECT * FROM last
WHERE metric IS NOT NULL AND wanted('journey', journey_id) AND wanted('version', journey_version);
