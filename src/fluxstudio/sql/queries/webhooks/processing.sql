-- name: open
-- Those that still are to be handled. What was begun and did not come to an end may have ended whoever tried.
SELECT id, order_key, attempts > 0 AS begun FROM integration_webhooks
WHERE id = ANY ($1) AND status IN ('received', 'failed')
ORDER BY id;

-- name: claim
-- The event loop works with a short copy of what is large.
SELECT id, provider, event_type, account_id, subscription, owner_id, happening, audience, resource, attempts, earlier_attempts, received_at, origin,
       CASE WHEN coalesce(size, pg_column_size(payload)) > 262144 THEN abridged ELSE payload END AS payload,
       coalesce(size, pg_column_size(payload)) > 262144 AS is_large
FROM claim_event($1, $2);

-- name: renew_claim
UPDATE integration_webhooks SET claimed_at = clock_timestamp() WHERE id = $1 AND status IN ('received', 'failed');

-- name: status
SELECT status FROM integration_webhooks WHERE id = $1;

-- name: lock
SELECT status IN ('received', 'failed') FROM integration_webhooks WHERE id = $1 FOR UPDATE;

-- name: handled
UPDATE integration_webhooks SET status = 'handled', handled_at = now(), problem = NULL WHERE id = $1;

-- name: failed
UPDATE integration_webhooks SET status = $2, problem = $3 WHERE id = $1 AND status IN ('received', 'failed');

-- name: record_attempt
INSERT INTO deliveries (event_id, attempt, outcome, took_ms, note, problem) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (event_id, attempt) DO NOTHING;

-- name: batch
-- Of these, those of no order that nobody has begun. What was begun may have ended whoever tried, and has a job of its own.
SELECT id, provider, event_type, account_id, subscription, owner_id, happening, audience, resource, attempts, earlier_attempts, received_at, origin,
       CASE WHEN coalesce(size, pg_column_size(payload)) > 262144 THEN abridged ELSE payload END AS payload,
       coalesce(size, pg_column_size(payload)) > 262144 AS is_large
FROM integration_webhooks
WHERE id = ANY ($1) AND order_key IS NULL AND status = 'received' AND attempts = 0
ORDER BY id;

-- name: batch_of_orders
-- The earliest of each order up to one of them. Written as a range, so that the index of the order is walked, and not that
-- of the ids of everything that ever came.
SELECT e.*
FROM unnest($1::text[], $2::uuid[]) AS wanted (order_key, latest)
CROSS JOIN LATERAL (
    SELECT id, provider, event_type, account_id, subscription, owner_id, happening, audience, resource,
           attempts, earlier_attempts, received_at, origin,
           CASE WHEN coalesce(size, pg_column_size(payload)) > 262144 THEN abridged ELSE payload END AS payload,
           coalesce(size, pg_column_size(payload)) > 262144 AS is_large
    FROM integration_webhooks
    WHERE order_key >= wanted.order_key AND order_key <= wanted.order_key AND status = 'received' AND attempts = 0
      AND id <= wanted.latest AND id >= first_event_id(now() - interval '14 days')
    ORDER BY order_key, id
    LIMIT $3
) e;

-- name: lock_batch
SELECT id FROM integration_webhooks WHERE id = ANY ($1) AND status = 'received' AND attempts = 0 ORDER BY id FOR UPDATE;

-- name: handled_together
-- Each with the milliseconds it took and a note of what was done.
WITH ended AS (
    UPDATE integration_webhooks e
    SET status = 'handled', handled_at = now(), problem = NULL, attempts = e.attempts + 1, claimed_at = now()
    FROM unnest($1::uuid[], $2::integer[], $3::text[]) AS given (id, took_ms, note)
    WHERE e.id = given.id AND e.id = ANY ($1)
    RETURNING e.id, e.earlier_attempts + e.attempts AS attempt, given.took_ms, given.note
)
INSERT INTO deliveries (event_id, attempt, outcome, took_ms, note)
SELECT id, attempt, 'done', took_ms, note FROM ended
ON CONFLICT (event_id, attempt) DO NOTHING;

-- name: reopen
-- Ready to be handled again. The attempts before stay on record.
UPDATE integration_webhooks
SET status = 'failed', problem = NULL, earlier_attempts = earlier_attempts + attempts, attempts = 0
WHERE id = $1 AND payload_deleted_at IS NULL
RETURNING coalesce(owner_id::text, provider || ':' || coalesce(account_id, '')) AS share;

-- name: whole
SELECT id, provider, event_type, account_id, happening, audience, resource, status,
       CASE WHEN coalesce(size, pg_column_size(payload)) > 262144 THEN abridged ELSE payload END AS payload,
       coalesce(size, pg_column_size(payload)) > 262144 AS is_large
FROM integration_webhooks WHERE id = $1 AND payload_deleted_at IS NULL;

-- name: record_replay
-- A replay for one member, which leaves the event as it is and is numbered among the attempts.
WITH numbered AS (
    UPDATE integration_webhooks SET earlier_attempts = earlier_attempts + 1 WHERE id = $1
    RETURNING earlier_attempts + attempts AS attempt
)
INSERT INTO deliveries (event_id, attempt, outcome, took_ms, note)
SELECT $1, attempt, 'replayed', $2, $3 FROM numbered;
