-- name: fail
UPDATE connect_attempts
SET steps = steps || $2, outcome = $3, code = $4, cause = $5, mend = $6, finished_at = now()
WHERE id = $1;

-- name: recent
SELECT id, provider, started_at, finished_at, code, cause, mend, steps,
       CASE WHEN outcome = 'waiting' AND started_at < now() - interval '15 minutes' THEN 'abandoned'
            ELSE outcome END AS outcome
FROM connect_attempts
WHERE $1::text IS NULL OR provider = $1
ORDER BY started_at DESC, id
LIMIT $2;

-- name: landing
SELECT a.id, a.provider, a.outcome, a.code, a.cause, a.mend, a.return_to, a.origin, a.popup, a.connection_id,
       g.account ->> 'name' AS account_name, g.scopes
FROM connect_attempts a
LEFT JOIN connections c ON c.id = a.connection_id
LEFT JOIN oauth_tokens g ON g.id = c.grant_id
WHERE a.id = $1 AND coalesce(a.finished_at, a.started_at) > now() - $2::interval;
