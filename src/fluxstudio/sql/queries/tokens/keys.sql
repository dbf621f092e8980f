-- name: one_at_a_time
SELECT pg_advisory_xact_lock(hashtextextended('encryption_keys', 0));

-- name: make_known
INSERT INTO encryption_keys AS k (id, check_value)
SELECT given.id, given.check_value
FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS given (id, check_value, place)
WHERE NOT EXISTS (SELECT FROM retired_keys r WHERE r.id = given.id)
ORDER BY given.place
ON CONFLICT (id) DO UPDATE SET check_value = excluded.check_value
    WHERE k.check_value IS NULL
       OR NOT EXISTS (SELECT FROM oauth_tokens g WHERE g.sealed_by = k.id)
      AND NOT EXISTS (SELECT FROM oauth_state_tokens s WHERE s.sealed_by = k.id AND s.expires_at > now())
      AND NOT EXISTS (SELECT FROM webhook_subscriptions w WHERE w.sealed_by = k.id)
      AND NOT EXISTS (SELECT FROM endpoint_secrets s WHERE s.sealed_by = k.id)
      AND NOT EXISTS (
          SELECT FROM key_holders h WHERE k.id = ANY (h.keys) AND h.seen_at > now() - interval '20 seconds'
      );

-- name: known
SELECT k.id, k.check_value, k.created_at, k.sealing_since,
       (SELECT count(*) FROM oauth_tokens g WHERE g.sealed_by = k.id) AS data_keys,
       (SELECT count(*) FROM oauth_state_tokens s WHERE s.sealed_by = k.id AND s.expires_at > now()) AS requests,
       (SELECT count(*) FROM webhook_subscriptions w WHERE w.sealed_by = k.id)
         + (SELECT count(*) FROM endpoint_secrets s WHERE s.sealed_by = k.id) AS webhooks,
       (SELECT count(*) FROM key_holders h
        WHERE k.id = ANY (h.keys) AND h.seen_at > now() - interval '20 seconds') AS holders
FROM encryption_keys k
ORDER BY k.created_at, k.id;

-- name: retired
SELECT id, created_at, retired_at FROM retired_keys ORDER BY retired_at, id;

-- name: make_primary
UPDATE encryption_keys SET sealing_since = clock_timestamp() WHERE id = $1;

-- name: primary_key
SELECT id FROM encryption_keys WHERE sealing_since IS NOT NULL ORDER BY sealing_since DESC LIMIT 1;

-- name: announce
WITH here AS (
    INSERT INTO key_holders (id, name, keys, seals_with) VALUES ($1, $2, $3, $4)
    ON CONFLICT (id) DO UPDATE SET keys = excluded.keys, seals_with = excluded.seals_with, seen_at = now()
)
SELECT id FROM encryption_keys WHERE sealing_since IS NOT NULL ORDER BY sealing_since DESC LIMIT 1;

-- name: leave
DELETE FROM key_holders WHERE id = $1 OR seen_at < now() - interval '1 hour';

-- name: holders
SELECT name, keys, seals_with FROM key_holders WHERE seen_at > now() - interval '20 seconds' ORDER BY name;

-- name: sealed_otherwise
SELECT id, provider, client_id, account_id, data_key
FROM oauth_tokens
WHERE sealed_by <> $1 AND id > $2
ORDER BY id
LIMIT $3;

-- name: count_sealed_otherwise
SELECT (SELECT count(*) FROM oauth_tokens WHERE sealed_by <> $1)
     + (SELECT count(*) FROM webhook_subscriptions WHERE sealed_by <> $1)
     + (SELECT count(*) FROM endpoint_secrets WHERE sealed_by <> $1);

-- name: rewrap
UPDATE oauth_tokens g
SET data_key = fresh.data_key
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS fresh (id, old_data_key, data_key)
WHERE g.id = fresh.id AND g.data_key = fresh.old_data_key;

-- name: webhooks_sealed_otherwise
SELECT provider, webhook_id, secret
FROM webhook_subscriptions
WHERE sealed_by <> $1 AND (provider, webhook_id) > ($2, $3)
ORDER BY provider, webhook_id
LIMIT $4;

-- name: reseal_webhooks
UPDATE webhook_subscriptions w
SET secret = fresh.secret
FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[]) AS fresh (provider, webhook_id, old_secret, secret)
WHERE w.provider = fresh.provider AND w.webhook_id = fresh.webhook_id AND w.secret = fresh.old_secret;

-- name: endpoints_sealed_otherwise
SELECT id, secret FROM endpoint_secrets WHERE sealed_by <> $1 AND id > $2 ORDER BY id LIMIT $3;

-- name: reseal_endpoints
UPDATE endpoint_secrets s SET secret = fresh.secret
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS fresh (id, old_secret, secret)
WHERE s.id = fresh.id AND s.secret = fresh.old_secret;

-- name: drop_expired_requests
DELETE FROM oauth_state_tokens WHERE sealed_by = $1 AND expires_at <= now();

-- name: retire
WITH gone AS (DELETE FROM encryption_keys WHERE id = $1 RETURNING id, created_at)
INSERT INTO retired_keys (id, created_at) SELECT id, created_at FROM gone;

-- name: give_up_grants
UPDATE oauth_tokens
SET data_key = '', status = 'reauthorize', problem = $2, problem_since = now(),
    lease_owner = NULL, lease_until = NULL, epoch = epoch + 1, version = version + 1
WHERE sealed_by = $1;

-- name: give_up_webhooks
DELETE FROM webhook_subscriptions WHERE sealed_by = $1;

-- name: give_up_endpoints
-- Without a secret nothing can be sent: an administrator rotates it.
WITH lost AS (
    SELECT DISTINCT endpoint_id FROM endpoint_secrets WHERE sealed_by = $1 AND expires_at IS NULL
)
UPDATE endpoints e SET status = 'disabled', disabled_reason = 'switched_off', disabled_at = now()
FROM lost WHERE e.id = lost.endpoint_id AND e.status = 'active';

-- name: drop_endpoint_secrets
DELETE FROM endpoint_secrets WHERE sealed_by = $1;

-- name: give_up_requests
DELETE FROM oauth_state_tokens WHERE sealed_by = $1;
