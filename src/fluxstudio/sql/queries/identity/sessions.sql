-- name: open
INSERT INTO sessions (token_hash, user_id, expires_at, user_agent, address, admin_until)
VALUES ($1, $2, now() + $3::interval, $4, $5::inet, to_timestamp($6::float8));

-- name: of
SELECT s.token_hash, s.id AS session, u.id, u.subject, u.email, u.name,
       CASE WHEN s.admin_until > now() THEN 'admin' ELSE u.granted_role END AS granted_role,
       s.last_seen_at < now() - interval '1 minute' AS quiet
FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.token_hash = ANY ($1) AND s.expires_at > now() AND s.last_seen_at > now() - $2::interval
  AND u.disabled_at IS NULL;

-- name: seen
UPDATE sessions SET last_seen_at = now() WHERE token_hash = $1;

-- name: close
DELETE FROM sessions WHERE token_hash = $1;

-- name: listing
SELECT id, created_at, last_seen_at, expires_at, user_agent, host(address) AS address,
       coalesce(token_hash = $2, false) AS current
FROM sessions
WHERE user_id = $1 AND expires_at > now() AND last_seen_at > now() - $3::interval
ORDER BY coalesce(token_hash = $2, false) DESC, last_seen_at DESC, id LIMIT $4;

-- name: end_one
DELETE FROM sessions WHERE user_id = $1 AND id = $2 RETURNING id;

-- name: end_all
-- All but the one named; browsers that may pass where others' wrong tries are counted are forgotten with them.
WITH ended AS (DELETE FROM sessions WHERE user_id = $1 AND token_hash IS DISTINCT FROM $2 RETURNING id),
     forgotten AS (DELETE FROM known_browsers WHERE user_id = $1 AND token_hash IS DISTINCT FROM $3)
SELECT count(*) FROM ended;

-- name: sweep
WITH browsers AS (DELETE FROM known_browsers WHERE last_used_at < now() - interval '400 days'),
     links AS (DELETE FROM password_links WHERE expires_at < now()),
     tickets AS (DELETE FROM session_tickets WHERE expires_at < now())
DELETE FROM sessions WHERE expires_at < now() OR last_seen_at < now() - $1::interval;

-- name: knows_browser
SELECT b.user_id FROM known_browsers b JOIN users u ON u.id = b.user_id
WHERE b.token_hash = $1 AND u.address = $2 AND u.subject = u.id::text AND u.disabled_at IS NULL;

-- name: keep_browser
INSERT INTO known_browsers (token_hash, user_id) VALUES ($1, $2)
ON CONFLICT (token_hash) DO UPDATE SET last_used_at = now() WHERE known_browsers.user_id = excluded.user_id;

-- name: forget_old_browsers
DELETE FROM known_browsers WHERE user_id = $1 AND token_hash NOT IN (
    SELECT token_hash FROM known_browsers WHERE user_id = $1 ORDER BY last_used_at DESC LIMIT 20
);
