-- name: note
-- What events are about, under the name it has now.
INSERT INTO resources AS r (provider, id, name)
SELECT DISTINCT ON (provider, id) provider, id, name
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS given (provider, id, name, place)
ORDER BY provider, id, place DESC
ON CONFLICT (provider, id) DO UPDATE SET name = excluded.name, seen_at = now()
WHERE r.name <> excluded.name OR r.seen_at < now() - interval '1 minute';

-- name: forget
-- Nothing that was asked of these before counts any more.
WITH changed AS (
    UPDATE resources r SET changed_at = clock_timestamp()
    FROM unnest($1::text[], $2::text[]) AS given (provider, id)
    WHERE r.provider = given.provider AND r.id = given.id
    RETURNING r.provider, r.id
)
UPDATE resource_access a SET checked_at = '-infinity'
FROM changed WHERE a.provider = changed.provider AND a.resource = changed.id;

-- name: to_ask
-- Grants to ask whether they may see a resource ($2): those of people with a rule that waits for such an event ($3), where
-- that was not asked lately, and some that were never asked.
SELECT id FROM (
    SELECT g.id, w.waits, row_number() OVER (PARTITION BY w.waits ORDER BY g.refreshed_at DESC) AS place
    FROM oauth_tokens g
    CROSS JOIN LATERAL (
        SELECT bool_or(EXISTS (
            SELECT FROM automations a
            WHERE a.user_id = c.user_id AND a.event = $3 AND a.enabled AND a.deleted_at IS NULL
        )) AS waits
        FROM connections c JOIN users u ON u.id = c.user_id
        WHERE c.grant_id = g.id AND c.is_active AND u.disabled_at IS NULL
    ) w
    LEFT JOIN resource_access k ON k.provider = g.provider AND k.account_id = g.account_id AND k.resource = $2
    WHERE g.provider = $1 AND g.status = 'active' AND g.account_id IS DISTINCT FROM $4 AND w.waits IS NOT NULL
      AND (
          k.checked_at IS NULL
          OR w.waits AND k.checked_at < now() - CASE WHEN k.is_visible THEN $5::interval ELSE $6::interval END
      )
) candidates
WHERE waits OR place <= $7;

-- name: grant
-- A grant that can be asked, the name of a resource, whether what is known of the two still counts, and whether somebody with
-- the grant has a rule about it.
SELECT g.id, g.account_id, g.account, g.scopes, r.name, now() AS asked_at,
       coalesce(k.checked_at >= now() - CASE WHEN k.is_visible THEN $4::interval ELSE $5::interval END, false) AS fresh,
       coalesce(k.is_visible, false) AS visible,
       EXISTS (
           SELECT FROM connections c
           JOIN automations a ON a.user_id = c.user_id AND a.enabled AND a.deleted_at IS NULL
           JOIN automation_versions v ON v.automation_id = a.id AND v.version = a.version
           CROSS JOIN LATERAL jsonb_path_query(v.definition, '$.when.conditions[*].value') AS named (value)
           WHERE c.grant_id = g.id AND c.is_active AND starts_with(a.event, $2 || '.')
             AND lower(named.value #>> '{}') = lower(r.name)
       ) AS wanted
FROM oauth_tokens g
JOIN resources r ON r.provider = g.provider AND r.id = $3
LEFT JOIN resource_access k ON k.provider = g.provider AND k.account_id = g.account_id AND k.resource = r.id
WHERE g.id = $1 AND g.provider = $2 AND g.status = 'active';

-- name: keep
-- Whether an account may see a resource, unless that has changed since it was asked.
INSERT INTO resource_access AS k (provider, account_id, resource, is_visible, checked_at)
SELECT $1, $2, $3, $4, $5::timestamptz FROM resources r
WHERE r.provider = $1 AND r.id = $3 AND r.changed_at < $5
ON CONFLICT (provider, account_id, resource) DO UPDATE
SET is_visible = excluded.is_visible, checked_at = excluded.checked_at
WHERE k.checked_at < excluded.checked_at;

-- name: users
-- Those who use a grant.
SELECT DISTINCT c.user_id FROM connections c JOIN users u ON u.id = c.user_id
WHERE c.grant_id = $1 AND c.is_active AND u.disabled_at IS NULL ORDER BY c.user_id;

-- name: unchecked
-- What events were about lately and a user's accounts were not asked about lately, the latest first.
SELECT g.id AS grant_id, g.provider, r.id AS resource
FROM resources r
JOIN (
    SELECT DISTINCT g.id, g.provider, g.account_id
    FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
    WHERE c.user_id = $1 AND c.is_active AND g.status = 'active'
) g ON g.provider = r.provider
LEFT JOIN resource_access k ON k.provider = g.provider AND k.account_id = g.account_id AND k.resource = r.id
WHERE k.checked_at IS NULL OR k.checked_at < now() - CASE WHEN k.is_visible THEN $2::interval ELSE $3::interval END
ORDER BY coalesce(k.is_visible, false) DESC, r.seen_at DESC
LIMIT $4;

-- name: sweep
DELETE FROM resources WHERE seen_at < now() - interval '90 days';

-- name: unconcerned
-- Of the latest events of each of these providers that the app's own secret proves, those which concern nobody, by what they
-- are about; and whether anybody is connected there.
SELECT latest.provider, r.name, count(*) AS events, max(latest.received_at) AS last_at,
       EXISTS (
           SELECT FROM oauth_tokens g JOIN connections c ON c.grant_id = g.id
           WHERE g.provider = latest.provider AND c.is_active
       ) AS connected
FROM unnest($1::text[]) AS asked (provider)
CROSS JOIN LATERAL (
    SELECT e.provider, e.account_id, e.resource, e.received_at
    FROM integration_webhooks e
    WHERE e.provider = asked.provider AND e.owner_id IS NULL AND e.id >= first_event_id(now() - $2::interval)
      AND NOT (e.event_type = ANY ($4::text[]) AND e.account_id IS NULL AND e.resource IS NULL)
    ORDER BY e.id DESC LIMIT $3
) latest
LEFT JOIN resources r ON r.provider = latest.provider AND r.id = latest.resource
WHERE concerns_nobody(latest.provider, latest.account_id, latest.resource, NULL)
GROUP BY latest.provider, r.name
ORDER BY latest.provider, events DESC;
