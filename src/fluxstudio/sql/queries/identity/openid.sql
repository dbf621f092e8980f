-- name: store_request
INSERT INTO openid_requests (state_hash, browser_hash, secrets, return_to, expires_at)
VALUES ($1, $2, $3, $4, now() + $5::interval);

-- name: take_request
DELETE FROM openid_requests WHERE state_hash = $1
RETURNING secrets, return_to, browser_hash = $2 AND expires_at > now() AS usable;

-- name: sweep_requests
DELETE FROM openid_requests WHERE expires_at < now();

-- name: in_turn
-- Of all who sign in as the same person for the first time, one is the first.
SELECT pg_advisory_xact_lock(hashtextextended('openid ' || $1 || ' ' || $2, 0));

-- name: known
UPDATE openid_identities i SET last_used_at = now()
FROM users u
WHERE i.issuer = $1 AND i.subject = $2 AND u.id = i.user_id
RETURNING u.id, u.subject, u.granted_role, u.email, u.name, u.disabled_at IS NOT NULL AS disabled, i.made_admin;

-- name: account_of_address
SELECT id, address_verified_at IS NOT NULL AS verified, disabled_at IS NOT NULL AS disabled
FROM users WHERE address = $1 AND subject = id::text;

-- name: link
INSERT INTO openid_identities (issuer, subject, user_id) VALUES ($1, $2, $3);

-- name: verify_address
UPDATE users SET address_verified_at = coalesce(address_verified_at, now()) WHERE id = $1;

-- name: invited
-- The open invitation for an address, used up.
UPDATE invitations SET used_at = now()
WHERE id = (
    SELECT id FROM invitations
    WHERE address = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now()
    ORDER BY created_at LIMIT 1 FOR UPDATE
)
RETURNING id, role, created_by;

-- name: add
-- `role` is what the version before this one reads.
INSERT INTO users (id, subject, email, address, address_verified_at, name, role, granted_role, role_granted_at,
                   role_granted_by)
VALUES ($1::uuid, $1::uuid::text, $2, $3, CASE WHEN $3::text IS NOT NULL THEN now() END, $4, $5, $5,
        CASE WHEN $5 = 'admin' THEN now() END, $6);

-- name: used_by
UPDATE invitations SET used_by = $2 WHERE id = $1;

-- name: set_made_admin
UPDATE openid_identities SET made_admin = $3 WHERE issuer = $1 AND subject = $2;

-- name: attach
UPDATE sessions SET openid_issuer = $2, id_token = $3 WHERE token_hash = $1;

-- name: attached
SELECT openid_issuer, id_token FROM sessions WHERE token_hash = $1 AND openid_issuer IS NOT NULL;
