-- name: cursor
SELECT cursor FROM event_revision WHERE ends_at > now() FOR UPDATE;

-- name: batch_end
-- The last of the next ids to go through.
SELECT id FROM (
    SELECT id FROM integration_webhooks
    WHERE id > $1 AND id < first_event_id(now() - interval '1 minute') ORDER BY id LIMIT $2
) next
ORDER BY id DESC LIMIT 1;

-- name: to_revise
-- Kept by an earlier release, and large, or proven by a webhook of ours, or with a field that must not be kept.
SELECT id FROM integration_webhooks
WHERE id > $1 AND id <= $2 AND size IS NULL AND payload_deleted_at IS NULL
  AND (pg_column_size(payload) > 8192 OR subscription IS NOT NULL OR payload::text LIKE ANY ($3))
ORDER BY id;

-- name: stored_event
SELECT provider, event_type, delivery_key, octet_length(payload::text) AS size,
       CASE WHEN octet_length(payload::text) <= 262144 THEN payload END AS payload
FROM integration_webhooks WHERE id = $1;

-- name: save
UPDATE integration_webhooks e
SET payload = $2, delivery_key = $3, size = $4, summary = $5, abridged = $6,
    owner_id = coalesce(e.owner_id, (
        SELECT s.user_id FROM webhook_subscriptions s
        WHERE s.provider = e.provider AND s.webhook_id = e.subscription
    ))
WHERE id = $1;

-- name: move_cursor
UPDATE event_revision SET cursor = $1;
