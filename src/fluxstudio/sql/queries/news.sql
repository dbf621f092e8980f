-- name: newer
SELECT id::text AS id, provider, status, event_type AS type
FROM integration_webhooks
WHERE id > $1
ORDER BY id
LIMIT $2;

-- name: newest
-- Of these last moments; what has just arrived may still be announced.
SELECT id::text AS id, provider, status, event_type AS type, account_id AS account, owner_id AS owner,
       audience
FROM integration_webhooks
WHERE id > first_event_id(clock_timestamp() - $1::interval)
  AND id < first_event_id(clock_timestamp() - interval '1 second')
ORDER BY id DESC
LIMIT $2;

-- name: arrived
-- As they arrived, whatever has become of them since, which is told as well.
SELECT id::text AS id, provider, 'received' AS status, event_type AS type, account_id AS account, owner_id AS owner,
       audience
FROM integration_webhooks
WHERE id = ANY ($1);

-- name: who_sees
SELECT DISTINCT about.provider, about.account_id, about.audience, c.user_id
FROM unnest($1::text[], $2::text[], $3::text[]) AS about (provider, account_id, audience)
JOIN oauth_tokens g ON g.provider = about.provider AND g.account_id = about.account_id
JOIN connections c ON c.grant_id = g.id AND c.is_active
WHERE c.user_id = ANY($4::uuid[]) AND in_audience(about.provider, about.account_id, c.person, about.audience);
