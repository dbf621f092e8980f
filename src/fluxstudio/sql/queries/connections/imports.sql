-- name: connected
SELECT c.id FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
WHERE c.user_id = $1 AND c.is_active AND g.provider = $2 AND g.client_id = $3 AND g.account_id = $4;

-- name: attach
-- To a grant that works already: its tokens are newer than any that are brought along.
WITH attached AS (
    INSERT INTO connections AS c (user_id, grant_id, provider, person)
    SELECT $1, g.id, g.provider, $5 FROM oauth_tokens g
    WHERE g.provider = $2 AND g.client_id = $3 AND g.account_id = $4 AND g.status = 'active' AND g.is_active
    ON CONFLICT (user_id, grant_id) DO UPDATE SET is_active = true, disconnected_at = NULL, person = excluded.person
    RETURNING id
), told AS (
    INSERT INTO audit_log (user_id, action, provider, subject, details, request_id, trace_id)
    SELECT $1, 'connect', $2, id, '{"via": "import"}', $6, $7 FROM attached
)
SELECT id FROM attached;

-- name: tag
INSERT INTO oauth_integration_settings AS s (connection_id, user_id, provider, settings)
VALUES ($2, $1, $3, jsonb_build_object('tags', $4::jsonb))
ON CONFLICT (connection_id) DO UPDATE SET settings = s.settings || excluded.settings;
