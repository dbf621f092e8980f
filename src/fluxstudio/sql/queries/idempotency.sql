-- name: claim
-- The key for a request, where nobody has it or it is older than it counts.
INSERT INTO idempotency_keys (user_id, token_id, key_hash, holder, held_until)
VALUES ($1, $2, $3, $4, now() + $5::interval)
ON CONFLICT (user_id, token_id, key_hash) DO UPDATE
SET holder = excluded.holder, held_until = excluded.held_until, created_at = now(), fingerprint = NULL, answer = NULL,
    finished_at = NULL
WHERE idempotency_keys.created_at < now() - $6::interval
  AND (idempotency_keys.holder IS NULL OR idempotency_keys.held_until < now())
RETURNING key_hash;

-- name: state
SELECT fingerprint, answer, finished_at IS NOT NULL AS finished, coalesce(held_until < now(), false) AS interrupted
FROM idempotency_keys
WHERE user_id = $1 AND token_id = $2 AND key_hash = $3;

-- name: hold
UPDATE idempotency_keys SET held_until = now() + $5::interval
WHERE user_id = $1 AND token_id = $2 AND key_hash = $3 AND holder = $4;

-- name: finish
UPDATE idempotency_keys
SET holder = NULL, held_until = NULL, fingerprint = $5, answer = $6, finished_at = now()
WHERE user_id = $1 AND token_id = $2 AND key_hash = $3 AND holder = $4;

-- name: release
DELETE FROM idempotency_keys WHERE user_id = $1 AND token_id = $2 AND key_hash = $3 AND holder = $4;

-- name: sweep
DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM idempotency_keys
    WHERE created_at < now() - $1::interval AND (holder IS NULL OR held_until < now()) LIMIT $2
));
