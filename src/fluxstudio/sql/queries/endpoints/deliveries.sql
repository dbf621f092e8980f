-- name: target
-- Where an endpoint's messages go and what signs them, the newest secret first; nothing for one that is disabled.
SELECT e.url, e.failures,
       greatest(extract(epoch FROM e.paused_until - clock_timestamp()), 0)::float8 AS paused_seconds,
       array_agg(s.id ORDER BY s.created_at DESC) AS secret_ids, array_agg(s.secret ORDER BY s.created_at DESC) AS secrets
FROM endpoints e JOIN endpoint_secrets s ON s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > now())
WHERE e.id = $1 AND e.status = 'active'
GROUP BY e.id;

-- name: next_in_order
-- The first that wait in a lane. None of them is sent before the one ahead of it.
SELECT number, message, type, data, created_at, origin,
       greatest(extract(epoch FROM due_at - clock_timestamp()), 0)::float8 AS due_seconds,
       coalesce(extract(epoch FROM clock_timestamp() - begun_at), 0)::float8 AS tried_seconds
FROM endpoint_deliveries
WHERE endpoint_id = $1 AND lane = $2 AND status = 'waiting'
ORDER BY number LIMIT $3;

-- name: next_due
-- Those of a lane without order whose time has come first.
SELECT number, message, type, data, created_at, origin,
       greatest(extract(epoch FROM due_at - clock_timestamp()), 0)::float8 AS due_seconds,
       coalesce(extract(epoch FROM clock_timestamp() - begun_at), 0)::float8 AS tried_seconds
FROM endpoint_deliveries
WHERE endpoint_id = $1 AND lane = $2 AND status = 'waiting'
ORDER BY due_at, number LIMIT $3;

-- name: save_delivered
WITH sent AS (
    SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::integer[], $4::integer[], $5::text[])
        AS given (number, endpoint_id, status, took_ms, answer)
), saved AS (
    UPDATE endpoint_deliveries d
    SET status = 'delivered', attempts = d.attempts + 1, finished_at = now(), begun_at = coalesce(d.begun_at, now())
    FROM sent WHERE d.number = sent.number
    RETURNING d.number, d.attempts
), logged AS (
    INSERT INTO endpoint_attempts (delivery, attempt, status, took_ms, answer)
    SELECT saved.number, saved.attempts, sent.status, sent.took_ms, sent.answer FROM saved JOIN sent USING (number)
)
UPDATE endpoints e SET failures = 0, failing_since = NULL, paused_until = NULL, delivered_at = now()
WHERE e.id IN (SELECT endpoint_id FROM sent)
  AND (e.failures > 0 OR e.delivered_at IS NULL OR e.delivered_at < now() - interval '5 seconds');

-- name: save_failure
-- An attempt that failed. Whether the time for this delivery is over, and whether nothing has worked in all that time.
WITH tried AS (
    UPDATE endpoint_deliveries d
    SET attempts = d.attempts + 1, begun_at = coalesce(d.begun_at, now()), due_at = clock_timestamp() + $6::interval,
        status = CASE WHEN coalesce(d.begun_at, now()) + $7::interval <= now() THEN 'failed' ELSE d.status END,
        finished_at = CASE WHEN coalesce(d.begun_at, now()) + $7::interval <= now() THEN now() END
    WHERE d.number = $1 AND d.status = 'waiting'
    RETURNING d.number, d.endpoint_id, d.attempts, d.status, d.begun_at
), logged AS (
    INSERT INTO endpoint_attempts (delivery, attempt, status, took_ms, answer, problem)
    SELECT number, attempts, $2, $3, $4, $5 FROM tried
), noted AS (
    UPDATE endpoints e
    SET failures = e.failures + 1, failing_since = coalesce(e.failing_since, now()),
        paused_until = greatest(e.paused_until, clock_timestamp() + $8::interval)
    FROM tried WHERE e.id = tried.endpoint_id
    RETURNING e.failing_since
)
SELECT tried.status = 'failed' AS over, tried.status = 'failed' AND noted.failing_since <= tried.begun_at AS nothing_worked
FROM tried JOIN noted ON true;

-- name: alarm
-- Have a lane looked after again, unless that is to come already.
INSERT INTO jobs (kind, share, lane, payload, status, due_at)
SELECT 'delivery', $1::text, $2, '', CASE WHEN $3::interval > interval '0' THEN 'later' ELSE 'ready' END, clock_timestamp() + $3
WHERE $3 = interval '0' OR NOT EXISTS (
    SELECT FROM jobs WHERE kind = 'delivery' AND share = $1::text AND lane = $2 AND status = 'later'
      AND due_at <= clock_timestamp() + $3 + interval '100 milliseconds'
);

-- name: look_after
-- A job for every lane in which something waits and that nobody is to look after; of one endpoint or of all.
INSERT INTO jobs (kind, share, lane, payload)
SELECT DISTINCT 'delivery', d.endpoint_id::text, d.lane, ''::bytea
FROM endpoint_deliveries d JOIN endpoints e ON e.id = d.endpoint_id AND e.status = 'active'
WHERE d.status = 'waiting' AND ($1::uuid IS NULL OR d.endpoint_id = $1)
  AND ($1::uuid IS NOT NULL OR NOT EXISTS (
      SELECT FROM jobs j WHERE j.kind = 'delivery' AND j.share = d.endpoint_id::text AND j.lane = d.lane
  ));

-- name: page
SELECT d.number, d.message, d.type, d.account, d.status, d.created_at, d.due_at, d.finished_at, d.data
FROM endpoint_deliveries d
WHERE d.endpoint_id = $1 AND ($2::bigint IS NULL OR d.number < $2) AND ($3::text IS NULL OR d.status = $3)
ORDER BY d.number DESC LIMIT $4;

-- name: attempts
SELECT delivery, attempt, at, status, took_ms, answer, problem FROM endpoint_attempts
WHERE delivery = ANY ($1::bigint[]) ORDER BY delivery, attempt;

-- name: resend_one
UPDATE endpoint_deliveries SET status = 'waiting', begun_at = NULL, due_at = now(), finished_at = NULL
WHERE endpoint_id = $1 AND number = $2
RETURNING number;

-- name: resend_some
-- A part of what was asked for, from the oldest on.
WITH picked AS (
    SELECT number FROM endpoint_deliveries
    WHERE endpoint_id = $1 AND number > $2 AND created_at <= $3 AND ($4::timestamptz IS NULL OR created_at >= $4)
      AND ($5::text IS NULL OR status = $5)
    ORDER BY number LIMIT $6
)
UPDATE endpoint_deliveries d SET status = 'waiting', begun_at = NULL, due_at = now(), finished_at = NULL
FROM picked WHERE d.number = picked.number
RETURNING d.number;

-- name: unpause
UPDATE endpoints SET paused_until = NULL WHERE id = $1;

-- name: sweep
-- What has ended is kept for a while, what nobody waits for any more not at all.
DELETE FROM endpoint_deliveries WHERE number = ANY (ARRAY(
    SELECT d.number FROM endpoint_deliveries d
    WHERE d.created_at < now() - $1::interval AND d.status <> 'waiting'
    ORDER BY d.created_at LIMIT $2
));

-- name: sweep_orphans
DELETE FROM endpoint_deliveries WHERE number = ANY (ARRAY(
    SELECT d.number FROM endpoint_deliveries d
    WHERE NOT EXISTS (SELECT FROM endpoints e WHERE e.id = d.endpoint_id)
       OR d.status <> 'waiting' AND d.user_id IS NOT NULL AND NOT EXISTS (SELECT FROM users u WHERE u.id = d.user_id)
    LIMIT $1
));
