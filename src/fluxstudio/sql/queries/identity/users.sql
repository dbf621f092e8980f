-- name: by_subject
SELECT id, subject, granted_role, email, name, subject = id::text AS account, disabled_at IS NOT NULL AS disabled
FROM users WHERE subject = ANY ($1);

-- name: upsert
-- What a token says of its user; never of an account that was made here.
INSERT INTO users (subject, email, name, address) VALUES ($1, $2, $3, $4)
ON CONFLICT (subject) DO UPDATE
SET email = coalesce(excluded.email, users.email), name = coalesce(excluded.name, users.name),
    address = coalesce(excluded.address, users.address)
WHERE users.subject <> users.id::text
RETURNING id, subject, granted_role, email, name, false AS account, disabled_at IS NOT NULL AS disabled;

-- name: matching
-- Whoever has this subject or this address, those who proved it first.
SELECT id, subject, email, name, subject = id::text AS account, address_verified_at IS NOT NULL AS verified,
       disabled_at IS NOT NULL AS disabled, subject = $1 AS named
FROM users WHERE subject = $1 OR address = $2
ORDER BY subject = $1 DESC, address_verified_at, created_at, id LIMIT 20;

-- name: without_address
SELECT id, email FROM users
WHERE address IS NULL AND email IS NOT NULL AND created_at > $1 AND (subject = id::text OR NOT $2)
ORDER BY created_at LIMIT 500;

-- name: set_address
UPDATE users SET address = $2 WHERE id = $1 AND address IS NULL RETURNING created_at;

-- name: created_at
SELECT created_at FROM users WHERE id = $1;

-- name: grant_role
-- `role` is what the version before this one reads.
UPDATE users u SET granted_role = $2, role = $2, role_granted_by = $3, role_granted_at = now()
FROM (SELECT id, granted_role FROM users WHERE id = $1 FOR UPDATE) before
WHERE u.id = before.id AND before.granted_role <> $2
RETURNING before.granted_role;

-- name: disable
WITH ended AS (DELETE FROM sessions WHERE user_id = $1), forgotten AS (DELETE FROM known_browsers WHERE user_id = $1),
     links AS (DELETE FROM password_links WHERE user_id = $1)
UPDATE users SET disabled_at = now() WHERE id = $1 AND disabled_at IS NULL RETURNING id;

-- name: enable
UPDATE users SET disabled_at = NULL WHERE id = $1 AND disabled_at IS NOT NULL RETURNING id;

-- name: guest
INSERT INTO users (id, subject, email, address, address_verified_at, name, role, granted_role, role_granted_at)
VALUES ($1::uuid, $1::uuid::text, $2, $3, now(), $4, 'admin', 'admin', now())
RETURNING id, subject, granted_role, email, name;

-- name: listing
SELECT u.id, u.subject, u.email, u.name, u.granted_role AS role, u.role_granted_at, g.subject AS role_granted_by,
       u.disabled_at IS NOT NULL AS disabled, u.created_at, u.password_hash IS NOT NULL AS has_password,
       EXISTS (SELECT FROM openid_identities o WHERE o.user_id = u.id) AS has_openid,
       u.subject = u.id::text AS account, u.address_verified_at IS NOT NULL AS verified,
       (SELECT max(last_seen_at) FROM sessions s WHERE s.user_id = u.id) AS last_seen_at,
       (SELECT count(*) FROM connections c WHERE c.user_id = u.id AND c.is_active) AS connections
FROM users u LEFT JOIN users g ON g.id = u.role_granted_by
WHERE ($1::uuid IS NULL OR u.id = $1)
  AND ($2::uuid IS NULL OR (u.created_at, u.id) > (SELECT created_at, id FROM users WHERE id = $2))
  AND ($3::text IS NULL OR strpos(u.subject, $3) > 0 OR strpos(coalesce(u.address, ''), $4) > 0
       OR strpos(coalesce(u.name, ''), $3) > 0)
ORDER BY u.created_at, u.id LIMIT $5;

-- name: administrators
SELECT subject, email, name FROM users WHERE granted_role = 'admin' AND disabled_at IS NULL ORDER BY created_at LIMIT 50;
