-- name: listing
SELECT e.id, e.url, e.description, e.types, e.accounts, e.ordered, e.status, e.disabled_reason, e.disabled_at, e.failures,
       e.failing_since, e.paused_until, e.delivered_at, e.created_at,
       (SELECT max(s.expires_at) FROM endpoint_secrets s WHERE s.endpoint_id = e.id AND s.expires_at > now())
           AS rotating_until,
       (SELECT count(*) FROM (
           SELECT FROM endpoint_deliveries d WHERE d.endpoint_id = e.id AND d.status = 'waiting' LIMIT 10001
       ) waiting) AS waiting
FROM endpoints e
WHERE $1::uuid IS NULL OR e.id = $1
ORDER BY e.created_at, e.id;

-- name: in_turn
-- One after the other: a count sees only what was there when its statement began.
SELECT pg_advisory_xact_lock(hashtextextended('endpoints', 0));

-- name: add
-- Nothing where there are too many already.
WITH made AS (
    INSERT INTO endpoints (id, url, description, types, accounts, ordered, created_by)
    SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM endpoints) < $10
    RETURNING id
)
INSERT INTO endpoint_secrets (id, endpoint_id, secret) SELECT $8, id, $9 FROM made RETURNING endpoint_id;

-- name: change
UPDATE endpoints
SET url = coalesce($2, url), description = coalesce($3, description), types = coalesce($4, types),
    accounts = coalesce($5, accounts), ordered = coalesce($6, ordered)
WHERE id = $1
RETURNING id;

-- name: enable
-- What waits is tried again from the beginning.
WITH enabled AS (
    UPDATE endpoints
    SET status = 'active', disabled_reason = NULL, disabled_at = NULL, failures = 0, failing_since = NULL, paused_until = NULL
    WHERE id = $1
    RETURNING id
)
UPDATE endpoint_deliveries d SET begun_at = NULL, due_at = now()
FROM enabled WHERE d.endpoint_id = enabled.id AND d.status = 'waiting';

-- name: disable
-- Whether it was active.
UPDATE endpoints SET status = 'disabled', disabled_reason = $2, disabled_at = now(), paused_until = NULL
WHERE id = $1 AND status = 'active'
RETURNING id;

-- name: announce_disabled
SELECT announce('endpoint.disabled', NULL, NULL, jsonb_build_object(
    'id', e.id, 'endpointUrl', e.url, 'reason', e.disabled_reason, 'failingSince', utc_text(e.failing_since),
    'url', '/api/endpoints/' || e.id
))
FROM endpoints e WHERE e.id = $1;

-- name: remove
DELETE FROM endpoints WHERE id = $1 RETURNING url;

-- name: rotate
-- The secret of now goes on signing for a while, and any before it no more.
WITH dropped AS (
    DELETE FROM endpoint_secrets WHERE endpoint_id = $1 AND expires_at IS NOT NULL
), former AS (
    UPDATE endpoint_secrets SET expires_at = now() + $2::interval
    WHERE endpoint_id = $1 AND expires_at IS NULL
    RETURNING expires_at
)
SELECT (SELECT expires_at FROM former) AS former_until FROM endpoints WHERE id = $1;

-- name: add_secret
INSERT INTO endpoint_secrets (id, endpoint_id, secret) VALUES ($1, $2, $3);

-- name: sweep_secrets
DELETE FROM endpoint_secrets WHERE expires_at < now();

-- name: overfull
-- Those for which more waits than is kept.
SELECT e.id FROM endpoints e
WHERE e.status = 'active' AND EXISTS (
    SELECT FROM endpoint_deliveries d WHERE d.endpoint_id = e.id AND d.status = 'waiting' OFFSET $1
);
