-- name: in_turn
-- Of all who come first at the same time one is the first.
SELECT pg_advisory_xact_lock(hashtextextended('fluxstudio sign-up', 0));

-- name: add
-- `role` is what the version before this one reads.
INSERT INTO users (id, subject, email, address, address_verified_at, name, password_hash, role, granted_role,
                   role_granted_at, role_granted_by)
SELECT $1::uuid, $1::uuid::text, $2, $3, CASE WHEN $4 THEN now() END, $5, $6, $7, $7,
       CASE WHEN $7 = 'admin' THEN now() END, $8
ON CONFLICT DO NOTHING
RETURNING id, subject, granted_role, email, name;

-- name: has_admin
SELECT EXISTS (SELECT FROM users WHERE granted_role = 'admin');

-- name: by_address
SELECT id, subject, granted_role, email, name, password_hash, disabled_at IS NOT NULL AS disabled
FROM users WHERE address = $1 AND subject = id::text AND password_hash IS NOT NULL;

-- name: has_account
SELECT id FROM users WHERE address = $1 AND subject = id::text;

-- name: password_of
SELECT password_hash FROM users WHERE id = $1 AND disabled_at IS NULL;

-- name: rename
UPDATE users SET name = $2 WHERE id = $1 AND subject = id::text AND disabled_at IS NULL
RETURNING id;

-- name: set_password
UPDATE users SET password_hash = $2 WHERE id = $1 AND subject = id::text AND disabled_at IS NULL
RETURNING id;

-- name: invite
INSERT INTO invitations (token_hash, email, address, role, created_by, expires_at)
VALUES ($1, $2, $3, $4, $5, now() + $6::interval) RETURNING id, expires_at;

-- name: invitation
SELECT id, email, address, role, created_by FROM invitations
WHERE token_hash = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now();

-- name: use_invitation
UPDATE invitations SET used_at = now()
WHERE token_hash = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now()
RETURNING id, email, address, role, created_by;

-- name: used_by
UPDATE invitations SET used_by = $2 WHERE id = $1;

-- name: revoke_invitation
UPDATE invitations SET revoked_at = now() WHERE id = $1 AND used_at IS NULL AND revoked_at IS NULL RETURNING email;

-- name: invitations
SELECT i.id, i.email, i.role, i.created_at, i.expires_at, c.subject AS created_by, c.name AS created_by_name,
       u.subject AS used_by, i.used_at,
       CASE WHEN i.used_at IS NOT NULL THEN 'used' WHEN i.revoked_at IS NOT NULL THEN 'revoked'
            WHEN i.expires_at <= now() THEN 'expired' ELSE 'open' END AS status
FROM invitations i LEFT JOIN users c ON c.id = i.created_by LEFT JOIN users u ON u.id = i.used_by
ORDER BY i.created_at DESC, i.id LIMIT $1;

-- name: sweep_invitations
DELETE FROM invitations WHERE coalesce(used_at, revoked_at, expires_at) < now() - interval '90 days';

-- name: add_password_link
WITH earlier AS (DELETE FROM password_links WHERE user_id = $2)
INSERT INTO password_links (token_hash, user_id, created_by, expires_at)
SELECT $1, id, $3, now() + $4::interval FROM users
WHERE id = $2 AND subject = id::text AND address IS NOT NULL AND disabled_at IS NULL
RETURNING expires_at;

-- name: password_link
SELECT u.email FROM password_links l JOIN users u ON u.id = l.user_id
WHERE l.token_hash = $1 AND l.expires_at > now() AND u.disabled_at IS NULL;

-- name: use_password_link
DELETE FROM password_links l USING users u
WHERE l.token_hash = $1 AND l.expires_at > now() AND u.id = l.user_id AND u.disabled_at IS NULL
RETURNING l.user_id, l.created_by;
