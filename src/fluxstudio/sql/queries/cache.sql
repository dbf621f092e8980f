-- name: store
-- An answer that was asked for before a write made it stale must not pass for fresh.
INSERT INTO provider_cache AS c (grant_id, operation, key, body, fetched_at, fresh_until, connection_id)
SELECT $1, $2, $3, $4, now(), now() + $5::interval, $7
WHERE EXISTS (SELECT FROM oauth_tokens WHERE id = $1 AND is_active)
ON CONFLICT (grant_id, operation, key) DO UPDATE
SET body = excluded.body, fetched_at = excluded.fetched_at,
    fresh_until = CASE WHEN c.outdated_at > $6 THEN c.outdated_at ELSE excluded.fresh_until END;

-- name: outdate
UPDATE provider_cache SET fresh_until = least(fresh_until, clock_timestamp()), outdated_at = clock_timestamp()
WHERE grant_id = $1 AND operation = ANY($2);

-- name: fresh
SELECT body FROM provider_cache
WHERE grant_id = $1 AND operation = $2 AND key = $3 AND fresh_until > clock_timestamp();

-- name: recall
SELECT etag, body FROM provider_cache WHERE grant_id = $1 AND operation = $2 AND key = $3;

-- name: keep
INSERT INTO provider_cache (grant_id, operation, key, body, etag, fresh_until)
SELECT $1, $2, $3, $4, $5, now()
WHERE EXISTS (SELECT FROM oauth_tokens WHERE id = $1 AND is_active)
ON CONFLICT (grant_id, operation, key) DO UPDATE
SET body = excluded.body, etag = excluded.etag, fetched_at = now();

-- name: sweep
DELETE FROM provider_cache WHERE fetched_at < now() - $1::interval;

-- name: probe
SELECT 1 FROM provider_cache LIMIT 1;
