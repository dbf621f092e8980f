-- name: create
INSERT INTO connect_links (secret_hash, user_id, provider, scopes, return_to, expires_at)
VALUES ($1, $2, $3, $4, $5, now() + $6::interval)
RETURNING expires_at;

-- name: open
-- A link that can still make a connection: none of its connects has, and none is under way at this moment.
SELECT l.user_id, l.provider, l.scopes, l.return_to, u.subject, u.name, u.email, u.granted_role, u.id
FROM connect_links l
JOIN users u ON u.id = l.user_id
LEFT JOIN connect_attempts a ON a.id = l.attempt_id
WHERE l.secret_hash = $1 AND l.expires_at > now() AND l.used_at IS NULL AND u.disabled_at IS NULL
  AND a.outcome IS DISTINCT FROM 'connected'
  AND NOT EXISTS (
      SELECT FROM consumed_states s
      WHERE s.attempt_id = a.id AND a.outcome = 'waiting' AND s.consumed_at > now() - interval '1 minute'
  );

-- name: begun
-- The connect that is begun with a link takes the place of an earlier one, which cannot be finished any more.
WITH link AS (
    SELECT id, attempt_id FROM connect_links WHERE secret_hash = $1 AND used_at IS NULL FOR UPDATE
), replaced AS (
    DELETE FROM oauth_state_tokens s USING link WHERE s.attempt_id = link.attempt_id AND s.attempt_id <> $2
)
UPDATE connect_links l SET attempt_id = $2 FROM link WHERE l.id = link.id
RETURNING l.id;

-- name: used
UPDATE connect_links SET used_at = now() WHERE attempt_id = $1 AND used_at IS NULL;

-- name: sweep
DELETE FROM connect_links WHERE expires_at < now() - interval '1 day';
