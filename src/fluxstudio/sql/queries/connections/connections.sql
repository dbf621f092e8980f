-- name: usable
SELECT place, version, asked_at, touch, fresh, found FROM usable_connections($1, $2, $3, $4, $5, $6, $7, $8);

-- name: touch
UPDATE connections SET last_used_at = now() WHERE id = $1;

-- name: remember
INSERT INTO oauth_integration_settings (connection_id, user_id, provider, settings)
SELECT id, user_id, provider, jsonb_build_object($2::text, $3::jsonb) FROM connections WHERE id = $1
ON CONFLICT (connection_id) DO UPDATE
SET settings = oauth_integration_settings.settings || excluded.settings, updated_at = now();

-- name: listing
SELECT c.id, c.provider, c.person, c.consent, c.is_active, c.connected_at, c.disconnected_at, c.last_used_at,
       g.account_id, g.account, g.scopes, g.expires_at, g.status, g.problem, g.problem_since,
       g.renews, coalesce(g.expires_at < now(), false) AND NOT g.renews AS expired,
       coalesce(s.settings, '{}'::jsonb) AS settings
FROM connections c
JOIN oauth_tokens g ON g.id = c.grant_id
LEFT JOIN oauth_integration_settings s ON s.connection_id = c.id
ORDER BY c.provider, c.is_active DESC, c.connected_at, c.id;

-- name: lock_grant
SELECT id FROM oauth_tokens WHERE id = $1 FOR UPDATE;

-- name: detach
UPDATE connections SET is_active = false, disconnected_at = now() WHERE id = $1 AND is_active RETURNING grant_id;

-- name: shared
SELECT EXISTS (SELECT FROM connections WHERE grant_id = $1 AND is_active);

-- name: connected_accounts
SELECT DISTINCT g.account_id FROM oauth_tokens g JOIN connections c ON c.grant_id = g.id
WHERE g.provider = $1 AND g.account_id = ANY ($2::text[]) AND c.is_active ORDER BY g.account_id;
