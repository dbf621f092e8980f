-- name: grant_of
SELECT id FROM oauth_tokens WHERE provider = $1 AND client_id = $2 AND account_id = $3;

-- name: keep
-- All of it or nothing; nothing where the account has a grant of another id, for which the tokens are not sealed.
WITH filled AS (
    INSERT INTO oauth_tokens AS g (
        id, provider, client_id, account_id, account, scopes, data_key, access_token, refresh_token, expires_at,
        refresh_expires_at
    ) VALUES (
        $1, $2, $3, $4, $5, $6, $7, $8, $9, now() + make_interval(secs => $10), now() + make_interval(secs => $11)
    )
    ON CONFLICT (provider, client_id, account_id) DO UPDATE
    SET account = excluded.account, scopes = excluded.scopes, data_key = excluded.data_key,
        access_token = excluded.access_token, refresh_token = excluded.refresh_token,
        expires_at = excluded.expires_at, refresh_expires_at = excluded.refresh_expires_at, status = 'active',
        is_active = true, problem = NULL, problem_since = NULL, version = g.version + 1, epoch = g.epoch + 1,
        lease_owner = NULL, lease_until = NULL, refresh_after = NULL, refreshed_at = now()
    WHERE g.id = excluded.id
    RETURNING id
), attached AS (
    INSERT INTO connections AS c (user_id, grant_id, provider, person, consent)
    SELECT $12, id, $2, $19, $20 FROM filled
    ON CONFLICT (user_id, grant_id) DO UPDATE
    SET is_active = true, disconnected_at = NULL, person = excluded.person, consent = excluded.consent,
        connected_at = CASE WHEN c.is_active THEN c.connected_at ELSE now() END
    RETURNING id
), ended AS (
    UPDATE connect_attempts a
    SET steps = a.steps || $14 || CASE WHEN attached.id <> $17 THEN $18 ELSE '[]'::jsonb END,
        outcome = 'connected', code = NULL, cause = NULL, mend = NULL, connection_id = attached.id,
        finished_at = now()
    FROM attached WHERE a.id = $13
), forgotten AS (
    -- Whoever has just come may be in conversations that were asked about before.
    UPDATE conversations SET checked_at = '-infinity' WHERE provider = $2 AND account_id = $4
), told AS (
    INSERT INTO audit_log (user_id, action, provider, subject, address, details, request_id, trace_id)
    SELECT $12, 'connect', $2, id, $15::inet, $16, $21, $22 FROM attached
)
SELECT id FROM attached;
