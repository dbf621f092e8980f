-- name: newer
SELECT id::text AS id, provider, status, event_type AS type
FROM integration_webhooks
WHERE id > $1
ORDER BY id
LIMIT $2;

-- name: newer_of_user
-- Account by account and resource by resource, as a user: others' events are not even looked at.
SELECT id::text AS id, provider, status, event_type AS type
FROM (
    SELECT DISTINCT ON (e.id) e.*
    FROM (
        SELECT DISTINCT g.provider, g.account_id, NULL AS resource
        FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id WHERE c.is_active
        UNION ALL
        SELECT DISTINCT a.provider, NULL, a.resource
        FROM resource_access a WHERE a.is_visible AND a.checked_at > now() - interval '15 minutes'
    ) own
    CROSS JOIN LATERAL (
        (
            SELECT w.id, w.provider, w.status, w.event_type FROM integration_webhooks w
            WHERE own.account_id IS NOT NULL AND w.provider = own.provider AND w.account_id = own.account_id AND w.id > $1
            ORDER BY w.id
            LIMIT $2
        )
        UNION ALL
        (
            SELECT w.id, w.provider, w.status, w.event_type FROM integration_webhooks w
            WHERE own.resource IS NOT NULL AND w.provider = own.provider AND w.resource = own.resource AND w.id > $1
            ORDER BY w.id
            LIMIT $2
        )
    ) e
    ORDER BY e.id
) newer
ORDER BY newer.id
LIMIT $2;

-- name: newest
-- Of these last moments; what has just arrived may still be announced. Each bound is worked out once, so that it is looked
-- up in the index.
SELECT id::text AS id, provider, status, event_type AS type, account_id AS account, owner_id AS owner,
       audience, resource
FROM integration_webhooks
WHERE id > (SELECT first_event_id(clock_timestamp() - $1::interval))
  AND id < (SELECT first_event_id(clock_timestamp() - interval '1 second'))
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
