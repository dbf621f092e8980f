-- name: read
SELECT id, provider, client_id, account_id, account, scopes, data_key, access_token, refresh_token,
       expires_at, status, problem, problem_since, version, epoch, lease_owner, lease_until,
       extract(epoch FROM expires_at - now())::float8 AS valid_for,
       extract(epoch FROM expires_at - refreshed_at)::float8 AS lifetime,
       extract(epoch FROM now())::float8 AS database_time,
       coalesce(lease_until > now(), false) AS leased,
       coalesce(refresh_after > now(), false) AS resting
FROM oauth_tokens
WHERE id = $1;

-- name: lease
UPDATE oauth_tokens
SET lease_owner = $3, lease_until = now() + make_interval(secs => $4), epoch = epoch + 1
WHERE id = $1 AND version = $2 AND status = 'active' AND (lease_until IS NULL OR lease_until <= now())
RETURNING epoch;

-- name: let_go
UPDATE oauth_tokens
SET lease_owner = NULL, lease_until = NULL, refresh_after = now() + make_interval(secs => $3)
WHERE id = $1 AND epoch = $2;

-- name: save_refreshed
UPDATE oauth_tokens
SET access_token = $3, refresh_token = coalesce($4, refresh_token),
    expires_at = now() + make_interval(secs => $5),
    refresh_expires_at = coalesce(now() + make_interval(secs => $6), refresh_expires_at),
    scopes = coalesce($7, scopes), version = version + 1, status = 'active', problem = NULL,
    problem_since = NULL, lease_owner = NULL, lease_until = NULL, refresh_after = NULL, refreshed_at = now()
WHERE id = $1 AND epoch = $2 AND is_active
RETURNING version;

-- name: save_spooled
UPDATE oauth_tokens
SET access_token = $3, refresh_token = coalesce($4, refresh_token),
    expires_at = to_timestamp($5), refresh_expires_at = coalesce(to_timestamp($6), refresh_expires_at),
    scopes = coalesce($7, scopes), version = version + 1, epoch = epoch + 1, status = 'active', problem = NULL,
    problem_since = NULL, lease_owner = NULL, lease_until = NULL, refresh_after = NULL, refreshed_at = now()
WHERE id = $1 AND version = $2 AND is_active
RETURNING version;

-- name: note_problem
UPDATE oauth_tokens
SET problem = $3, problem_since = coalesce(problem_since, now()), status = $4
WHERE id = $1 AND version = $2 AND is_active;

-- name: release
UPDATE oauth_tokens
SET status = 'released', is_active = false, data_key = NULL, access_token = NULL, refresh_token = NULL,
    expires_at = NULL, refresh_expires_at = NULL, problem = NULL, problem_since = NULL,
    version = version + 1, epoch = epoch + 1, lease_owner = NULL, lease_until = NULL
WHERE id = $1 AND version = $2;

-- name: unused
SELECT g.id FROM oauth_tokens g
WHERE g.is_active AND NOT EXISTS (SELECT FROM connections c WHERE c.grant_id = g.id AND c.is_active);

-- name: drop_answers
DELETE FROM provider_cache WHERE grant_id = $1;

-- name: due
SELECT id FROM oauth_tokens
WHERE status = 'active' AND refresh_token IS NOT NULL AND expires_at < now() + make_interval(secs => $1)
  AND (lease_until IS NULL OR lease_until <= now()) AND (refresh_after IS NULL OR refresh_after <= now())
ORDER BY expires_at
LIMIT 20;
