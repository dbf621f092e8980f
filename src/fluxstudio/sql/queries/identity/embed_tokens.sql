-- name: create
INSERT INTO embed_tokens (token_hash, user_id, providers, expires_at)
VALUES ($1, $2, $3, now() + $4::interval)
RETURNING expires_at;

-- name: holder
SELECT t.id AS token_id, t.providers, t.expires_at, t.expires_at <= now() AS expired,
       u.id, u.subject, u.email, u.name, u.disabled_at IS NOT NULL AS disabled
FROM embed_tokens t JOIN users u ON u.id = t.user_id
WHERE t.token_hash = $1;

-- name: sweep
DELETE FROM embed_tokens WHERE expires_at < now() - interval '1 hour';
