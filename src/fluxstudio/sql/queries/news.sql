-- name: newer
SELECT id::text AS id, provider, status, event_type AS type
FROM integration_webhooks
WHERE id > $1
ORDER BY id
LIMIT $2;

-- name: newest
-- Of these last moments; what has just arrived may still be announced.
SELECT id::text AS id, provider, status, event_type AS type, account_id AS account, owner_id AS owner,
       audience, resource
FROM integration_webhooks
WHERE id > first_event_id(clock_timestamp() - $1::interval)
  AND id < first_event_id(clock_timestamp() - interval '1 second')
ORDER BY id DESC
LIMIT $2;

-- name: arrived
-- As they arrived, whatever has become of them since, which is told as well.
SELECT id::text AS id, provider, 'received' AS status, event_type AS type, account_id AS account, owner_id AS owner,
       audience, resource
FROM integration_webhooks
WHERE id = ANY ($1);

-- name: who_sees
SELECT DISTINCT about.provider, about.account_id, about.audience, about.resource, c.user_id
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS about (provider, account_id, audience, resource)
CROSS JOIN LATERAL concerned_connections(about.provider, about.account_id, about.audience, about.resource) c
WHERE c.user_id = ANY ($5::uuid[]);
