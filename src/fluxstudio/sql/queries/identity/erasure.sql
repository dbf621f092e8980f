-- name: events
-- Events of accounts that nobody else is connected to and those that came by the person's own webhooks, with the
-- attempts to process them.
WITH theirs AS (
    SELECT DISTINCT g.provider, g.account_id
    FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
    WHERE c.user_id = $1 AND NOT EXISTS (
        SELECT FROM connections o JOIN oauth_tokens og ON og.id = o.grant_id
        WHERE o.user_id <> $1 AND o.is_active AND og.provider = g.provider AND og.account_id = g.account_id
    )
), events AS (
    DELETE FROM integration_webhooks e
    WHERE e.owner_id = $1 OR EXISTS (
        SELECT FROM theirs t WHERE e.provider = t.provider AND e.account_id = t.account_id
    )
    RETURNING e.id
), attempts AS (
    DELETE FROM deliveries d USING events e WHERE d.event_id = e.id
), members AS (
    DELETE FROM conversation_members m USING theirs t WHERE m.provider = t.provider AND m.account_id = t.account_id
), checks AS (
    DELETE FROM membership_checks m USING theirs t WHERE m.provider = t.provider AND m.account_id = t.account_id
), called AS (
    DELETE FROM names n USING theirs t WHERE n.provider = t.provider AND n.account_id = t.account_id
), unseen AS (
    DELETE FROM resources r
    WHERE EXISTS (
        SELECT FROM resource_access a JOIN theirs t ON t.provider = a.provider AND t.account_id = a.account_id
        WHERE a.provider = r.provider AND a.resource = r.id
    ) AND NOT EXISTS (
        SELECT FROM resource_access a
        WHERE a.provider = r.provider AND a.resource = r.id AND NOT EXISTS (
            SELECT FROM theirs t WHERE t.provider = a.provider AND t.account_id = a.account_id
        )
    )
), access AS (
    DELETE FROM resource_access a USING theirs t WHERE a.provider = t.provider AND a.account_id = t.account_id
), usage AS (
    DELETE FROM event_usage u
    WHERE u.source = 'user ' || $1::text OR EXISTS (
        SELECT FROM theirs t WHERE u.provider = t.provider AND u.source = t.account_id
    )
), sent AS (
    -- What still waits tells the host product that they are gone; it goes once it was sent.
    DELETE FROM endpoint_deliveries d
    WHERE d.status <> 'waiting' AND (d.user_id = $1 OR EXISTS (
        SELECT FROM theirs t WHERE d.account = t.provider || ':' || t.account_id
    ))
), former AS (
    DELETE FROM former_webhook_keys k USING events e WHERE k.event_id = e.id
), keys AS (
    DELETE FROM webhook_keys k USING events e WHERE k.event_id = e.id
)
SELECT count(*) FROM events;

-- name: cached
DELETE FROM provider_cache WHERE grant_id IN (SELECT grant_id FROM connections WHERE user_id = $1);

-- name: announced
UPDATE endpoint_deliveries d SET data = jsonb_set(d.data, '{userIds}', (d.data -> 'userIds') - u.subject)
FROM users u WHERE u.id = $1 AND d.data -> 'userIds' ? u.subject;

-- name: own_audit
UPDATE audit_log SET address = NULL, subject = NULL, details = '{}' WHERE user_id = $1;

-- name: audit_about
UPDATE audit_log a SET subject = 'erased', details = '{}' FROM users u
WHERE u.id = $1 AND (
    a.subject IN (u.subject, u.id::text)
    OR a.subject IN (SELECT i.id::text FROM invitations i WHERE i.used_by = u.id OR i.address = u.address)
);

-- name: invitations
DELETE FROM invitations i USING users u
WHERE u.id = $1 AND (i.used_by = u.id OR u.subject = u.id::text AND i.address = u.address);

-- name: grants
SELECT array_agg(grant_id) FROM connections WHERE user_id = $1;

-- name: user
DELETE FROM users WHERE id = $1;

-- name: unused_grants
DELETE FROM oauth_tokens g
WHERE g.id = ANY ($1::uuid[]) AND NOT g.is_active AND NOT EXISTS (SELECT FROM connections c WHERE c.grant_id = g.id);
