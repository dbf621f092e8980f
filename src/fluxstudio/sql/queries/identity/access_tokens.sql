-- name: in_turn
-- One after the other: a count sees only what was there when its statement began.
SELECT pg_advisory_xact_lock(hashtextextended('access tokens of ' || $1::uuid, 0));

-- name: create
-- Nothing where the user has as many as they may have, or the token it is made with has ended.
INSERT INTO access_tokens (user_id, name, token_hash, hint, scopes, made_with, admin_until, expires_at)
SELECT u.id, $2, $3, $4, $5, $6, to_timestamp($7::float8), $8
FROM users u
WHERE u.id = $1
  AND (SELECT count(*) FROM access_tokens t
       WHERE t.user_id = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())) < $9
  AND ($6::uuid IS NULL OR EXISTS (
      SELECT FROM access_tokens m WHERE m.id = $6 AND m.revoked_at IS NULL AND (m.expires_at IS NULL OR m.expires_at > now())
  ))
RETURNING id;

-- name: holders
SELECT t.token_hash, t.id, t.scopes, t.admin_until, t.expires_at,
       t.revoked_at IS NOT NULL AS revoked, t.expires_at <= now() AS expired,
       t.last_used_at IS NULL OR t.last_used_at < now() - interval '1 minute' AS quiet,
       u.id AS user_id, u.subject, u.email, u.name, u.disabled_at IS NOT NULL AS disabled,
       u.granted_role = 'admin' OR t.admin_until > now() AS owner_is_admin
FROM access_tokens t JOIN users u ON u.id = t.user_id
WHERE t.token_hash = ANY ($1);

-- name: used
UPDATE access_tokens SET last_used_at = now() WHERE id = $1;

-- name: listing
-- Those that count first, then those that ended, each newest first.
SELECT id, name, hint, scopes, made_with, admin_until, created_at, expires_at, last_used_at, revoked_at,
       revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) AS active
FROM access_tokens
WHERE $1::uuid IS NULL OR id = $1
ORDER BY revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) DESC, created_at DESC, id
LIMIT $2;

-- name: revoke
-- End one of a user's tokens, or all of them where none is named, with whatever was made with it.
WITH RECURSIVE ending AS (
    SELECT id FROM access_tokens WHERE $1::uuid IS NULL OR id = $1
    UNION
    SELECT t.id FROM access_tokens t JOIN ending e ON t.made_with = e.id
)
UPDATE access_tokens t SET revoked_at = now() FROM ending e WHERE t.id = e.id AND t.revoked_at IS NULL
RETURNING t.id, t.name;

-- name: sweep
DELETE FROM access_tokens WHERE coalesce(revoked_at, expires_at) < now() - interval '90 days';
