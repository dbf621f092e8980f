-- name: by_subject
SELECT id, subject, role, email, name, disabled_at IS NOT NULL AS disabled FROM users WHERE subject = ANY ($1);

-- name: upsert
INSERT INTO users (subject, email, name, role) VALUES ($1, $2, $3, coalesce($4, 'member'))
ON CONFLICT (subject) DO UPDATE
SET email = coalesce(excluded.email, users.email), name = coalesce(excluded.name, users.name),
    role = coalesce($4, users.role)
RETURNING id, subject, role, email, name, disabled_at IS NOT NULL AS disabled;

-- name: sign_up_in_turn
-- Of all who come first at the same time one is the first.
SELECT pg_advisory_xact_lock(hashtextextended('fluxstudio sign-up', 0));

-- name: sign_up
INSERT INTO users (id, subject, email, name, password_hash, role)
SELECT $1::uuid, $1::uuid::text, $2, $3, $4,
       CASE WHEN EXISTS (SELECT FROM users WHERE password_hash IS NOT NULL) THEN 'member' ELSE 'admin' END
RETURNING id, subject, role, email, name;

-- name: by_email
SELECT id, subject, role, email, name, password_hash, disabled_at IS NOT NULL AS disabled
FROM users WHERE lower(email) = lower($1) AND password_hash IS NOT NULL;

-- name: with_password
SELECT id FROM users WHERE lower(email) = lower($1) AND password_hash IS NOT NULL;

-- name: rehash
UPDATE users SET password_hash = $2 WHERE id = $1;

-- name: open_session
INSERT INTO sessions (token_hash, user_id, expires_at, user_agent) VALUES ($1, $2, now() + $3::interval, $4);

-- name: of_session
SELECT s.token_hash, u.id, u.subject, u.role, u.email, u.name,
       s.last_seen_at < now() - interval '1 minute' AS quiet
FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.token_hash = ANY ($1) AND s.expires_at > now() AND s.last_seen_at > now() - $2::interval
  AND u.disabled_at IS NULL;

-- name: seen
UPDATE sessions SET last_seen_at = now() WHERE token_hash = $1;

-- name: close_session
DELETE FROM sessions WHERE token_hash = $1;

-- name: disable
WITH ended AS (DELETE FROM sessions WHERE user_id = $1)
UPDATE users SET disabled_at = now() WHERE id = $1;

-- name: sweep_sessions
DELETE FROM sessions WHERE expires_at < now() OR last_seen_at < now() - $1::interval;

-- name: has_accounts
SELECT EXISTS (SELECT FROM users WHERE password_hash IS NOT NULL);

-- name: guest
INSERT INTO users (id, subject, email, name, role) VALUES ($1::uuid, $1::uuid::text, $2, $3, 'admin')
RETURNING id, subject, role, email, name;

-- name: subject_of
SELECT subject FROM users WHERE lower(email) = lower($1) ORDER BY created_at LIMIT 1;
