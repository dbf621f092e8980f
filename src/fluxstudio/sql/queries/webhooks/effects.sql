-- name: outdate
UPDATE provider_cache SET fresh_until = least(fresh_until, clock_timestamp()), outdated_at = clock_timestamp()
WHERE operation = ANY ($3)
  AND grant_id IN (
      SELECT id FROM oauth_tokens g
      WHERE provider = $1 AND account_id = $2 AND is_active AND ($4::uuid IS NULL OR EXISTS (
          SELECT FROM connections c WHERE c.grant_id = g.id AND c.user_id = $4 AND c.is_active
      ))
  );

-- name: end_access
-- Access that was given after the event is another one.
UPDATE oauth_tokens
SET status = 'reauthorize', problem = $3, problem_since = now(), version = version + 1, epoch = epoch + 1,
    lease_owner = NULL, lease_until = NULL
WHERE provider = $1 AND account_id = $2 AND status = 'active' AND refreshed_at < $4;
