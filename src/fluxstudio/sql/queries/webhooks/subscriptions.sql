-- name: keep
INSERT INTO webhook_subscriptions (provider, webhook_id, user_id, connection_id, passcode_hash, secret, details)
SELECT provider, $2, user_id, id, $3, $4, $5 FROM connections WHERE id = $1
ON CONFLICT (provider, webhook_id) DO UPDATE
SET user_id = excluded.user_id, connection_id = excluded.connection_id, passcode_hash = excluded.passcode_hash,
    secret = excluded.secret, details = excluded.details, last_reconciled_at = NULL, gap = NULL
WHERE webhook_subscriptions.connection_id = excluded.connection_id
   OR NOT EXISTS (SELECT FROM connections c WHERE c.id = webhook_subscriptions.connection_id AND c.is_active);

-- name: forget
DELETE FROM webhook_subscriptions WHERE connection_id = $1 AND webhook_id = $2;

-- name: one
SELECT s.provider, s.webhook_id, s.user_id, s.connection_id, g.account_id, s.details, s.passcode_hash, s.secret,
       s.gap AS missed_deliveries
FROM webhook_subscriptions s
JOIN connections c ON c.id = s.connection_id AND c.is_active
JOIN oauth_tokens g ON g.id = c.grant_id
WHERE s.provider = $1 AND s.webhook_id = $2;

-- name: claim_due
UPDATE webhook_subscriptions s
SET last_reconciled_at = now()
FROM (
    SELECT d.provider, d.webhook_id, g.account_id
    FROM webhook_subscriptions d
    JOIN connections c ON c.id = d.connection_id AND c.is_active
    JOIN oauth_tokens g ON g.id = c.grant_id AND g.status = 'active'
    WHERE d.provider = ANY ($1::text[])
      AND coalesce(d.last_reconciled_at, '-infinity') <= now() - $2::interval
    ORDER BY d.last_reconciled_at NULLS FIRST, d.provider, d.webhook_id
    LIMIT $3
    FOR UPDATE OF d SKIP LOCKED
) due
WHERE s.provider = due.provider AND s.webhook_id = due.webhook_id
RETURNING s.provider, s.webhook_id, s.user_id, s.connection_id, due.account_id, s.details,
          s.passcode_hash, NULL AS secret, s.gap AS missed_deliveries;

-- name: claim_one
-- A webhook of a user's that nobody has looked at within some seconds.
UPDATE webhook_subscriptions s
SET last_reconciled_at = now()
FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
WHERE s.provider = $1 AND s.webhook_id = $2 AND s.user_id = $3 AND c.id = s.connection_id AND c.is_active
  AND coalesce(s.last_reconciled_at, '-infinity') <= now() - $4::interval
RETURNING s.provider, s.webhook_id, s.user_id, s.connection_id, g.account_id, s.details, s.passcode_hash, NULL AS secret,
          s.gap AS missed_deliveries;

-- name: save_missed_deliveries
UPDATE webhook_subscriptions SET gap = $3 WHERE provider = $1 AND webhook_id = $2;

-- name: of_user
SELECT s.provider, s.webhook_id, s.connection_id, s.details, s.created_at, s.last_reconciled_at, s.gap AS missed_deliveries
FROM webhook_subscriptions s
JOIN connections c ON c.id = s.connection_id AND c.is_active
ORDER BY s.created_at, s.webhook_id;

-- name: last_events
-- Among the latest of its account, so that a quiet webhook beside busy ones costs little to ask for.
SELECT s.provider, s.webhook_id, latest.received_at
FROM webhook_subscriptions s
JOIN connections c ON c.id = s.connection_id
JOIN oauth_tokens g ON g.id = c.grant_id
CROSS JOIN LATERAL (
    SELECT e.received_at
    FROM (
        SELECT subscription, received_at FROM integration_webhooks
        WHERE provider = s.provider AND account_id = g.account_id
        ORDER BY id DESC
        LIMIT $2
    ) e
    WHERE e.subscription = s.webhook_id
    LIMIT 1
) latest
WHERE s.user_id = $1;
