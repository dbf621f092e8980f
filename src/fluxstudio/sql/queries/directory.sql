-- name: of_ids
SELECT n.provider, n.account_id, n.id, n.name
FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (provider, account_id, id)
JOIN names n USING (provider, account_id, id)
WHERE n.name IS NOT NULL AND ($4 OR NOT n.is_private);

-- name: want
-- Names that are old are wanted again; those that could not be found, a day later.
INSERT INTO names AS n (provider, account_id, id)
SELECT DISTINCT provider, account_id, id
FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (provider, account_id, id)
ON CONFLICT (provider, account_id, id) DO UPDATE SET wanted_at = now()
WHERE n.wanted_at <= n.looked_up_at
  AND n.looked_up_at < now() - CASE WHEN n.name IS NULL THEN interval '1 day' ELSE interval '7 days' END;

-- name: wanted
SELECT provider, account_id, id FROM names WHERE wanted_at > looked_up_at ORDER BY wanted_at LIMIT $1;

-- name: keep
UPDATE names SET name = $4, is_private = $5, looked_up_at = clock_timestamp()
WHERE provider = $1 AND account_id = $2 AND id = $3;

-- name: sweep
DELETE FROM names n
WHERE n.wanted_at < now() - interval '30 days' OR NOT EXISTS (
    SELECT FROM oauth_tokens g WHERE g.provider = n.provider AND g.account_id = n.account_id AND g.is_active
);
