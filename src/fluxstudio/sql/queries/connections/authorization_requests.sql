-- name: store
WITH attempt AS (
    INSERT INTO connect_attempts (id, user_id, provider, steps, return_to, origin, popup)
    VALUES ($2, $3, $4, $14, $12, $16, $17)
)
INSERT INTO oauth_state_tokens (state_hash, attempt_id, user_id, provider, browser_hash, verifier, client_id,
                                redirect_uri, token_endpoint, issuer, scopes, return_to, connection_id, in_session, unbound)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $15, $18)
RETURNING expires_at;

-- name: consume
WITH consumed AS (
    DELETE FROM oauth_state_tokens WHERE state_hash = $1 RETURNING *, expires_at <= now() AS expired
), remembered AS (
    INSERT INTO consumed_states (state_hash, attempt_id, user_id, provider, browser_hash, return_to, in_session)
    SELECT state_hash, attempt_id, user_id, provider, browser_hash, return_to, in_session FROM consumed
)
SELECT c.*, a.popup, a.origin FROM consumed c JOIN connect_attempts a ON a.id = c.attempt_id;

-- name: departing
SELECT s.*, a.popup, a.origin, u.name AS person_name, u.email AS person_email, u.subject AS person_subject
FROM oauth_state_tokens s
JOIN connect_attempts a ON a.id = s.attempt_id
JOIN users u ON u.id = s.user_id
WHERE s.state_hash = $1 AND s.unbound AND s.expires_at > now() AND u.disabled_at IS NULL;

-- name: bind
UPDATE oauth_state_tokens SET browser_hash = $2, unbound = false
WHERE state_hash = $1 AND unbound AND expires_at > now()
RETURNING attempt_id;

-- name: consumed
SELECT s.attempt_id, s.user_id, s.browser_hash, s.in_session, s.return_to, a.popup, a.outcome, a.code, a.cause,
       a.mend, a.connection_id
FROM consumed_states s JOIN connect_attempts a ON a.id = s.attempt_id
WHERE s.state_hash = $1 AND s.provider = $2 AND s.consumed_at > now() - $3::interval;

-- name: refused
UPDATE connect_attempts
SET outcome = $2, code = $3, cause = $4, mend = $5, finished_at = now()
WHERE id = $1;

-- name: of_browser
SELECT s.attempt_id, s.user_id, s.return_to, a.popup
FROM oauth_state_tokens s JOIN connect_attempts a ON a.id = s.attempt_id
WHERE s.provider = $1 AND s.browser_hash = ANY ($2::bytea[]) AND s.expires_at > now()
ORDER BY s.created_at DESC
LIMIT 1;

-- name: begun
-- Where a state was begun, whatever became of it since.
SELECT a.id AS attempt_id, a.return_to, a.popup
FROM connect_attempts a
WHERE a.provider = $2 AND a.id = coalesce(
    (SELECT attempt_id FROM oauth_state_tokens WHERE state_hash = $1),
    (SELECT attempt_id FROM consumed_states WHERE state_hash = $1)
);

-- name: abandon
WITH gone AS (
    DELETE FROM oauth_state_tokens
    WHERE browser_hash = ANY ($1::bytea[]) AND in_session AND ($2::uuid IS NULL OR user_id <> $2)
    RETURNING attempt_id
)
UPDATE connect_attempts a
SET outcome = $3, code = $4, cause = $5, mend = $6, finished_at = now()
FROM gone WHERE a.id = gone.attempt_id;

-- name: sweep
WITH expired AS (DELETE FROM oauth_state_tokens WHERE expires_at < now())
DELETE FROM consumed_states WHERE consumed_at < now() - $1::interval;
