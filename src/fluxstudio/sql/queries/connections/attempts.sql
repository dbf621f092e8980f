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
ORDER BY started_at DESC
LIMIT 20;
