-- name: store
WITH attempt AS (
    INSERT INTO connect_attempts (id, user_id, provider, steps) VALUES ($2, $3, $4, $14)
)
INSERT INTO oauth_state_tokens (state_hash, attempt_id, user_id, provider, browser_hash, verifier, client_id,
                                redirect_uri, token_endpoint, issuer, scopes, return_to, connection_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
RETURNING expires_at;

-- name: consume
WITH consumed AS (
    DELETE FROM oauth_state_tokens WHERE state_hash = $1 RETURNING *, expires_at <= now() AS expired
), remembered AS (
    INSERT INTO consumed_states (state_hash, attempt_id, user_id, provider, browser_hash, return_to)
    SELECT state_hash, attempt_id, user_id, provider, browser_hash, return_to FROM consumed
)
SELECT * FROM consumed;

-- name: consumed
SELECT s.user_id, s.browser_hash, s.return_to, a.outcome, a.code, a.cause, a.mend, a.connection_id
FROM consumed_states s JOIN connect_attempts a ON a.id = s.attempt_id
WHERE s.state_hash = $1 AND s.provider = $2 AND s.consumed_at > now() - $3::interval;

-- name: refused
UPDATE connect_attempts
SET outcome = $2, code = 'STATE_INVALID', cause = $3, mend = 'Begin it again.', finished_at = now()
WHERE id = $1;

-- name: of_browser
SELECT attempt_id, user_id, return_to FROM oauth_state_tokens
WHERE provider = $1 AND browser_hash = $2 AND expires_at > now()
ORDER BY created_at DESC
LIMIT 1;

-- name: abandon
WITH gone AS (
    DELETE FROM oauth_state_tokens
    WHERE browser_hash = $1 AND ($2::uuid IS NULL OR user_id <> $2)
    RETURNING attempt_id
)
UPDATE connect_attempts a
SET outcome = 'abandoned', code = 'STATE_INVALID', cause = 'The browser that began it was signed out.',
    mend = 'Begin it again.', finished_at = now()
FROM gone WHERE a.id = gone.attempt_id;

-- name: sweep
WITH expired AS (DELETE FROM oauth_state_tokens WHERE expires_at < now())
DELETE FROM consumed_states WHERE consumed_at < now() - $1::interval;
