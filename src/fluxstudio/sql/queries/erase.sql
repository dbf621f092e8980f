-- name: events
-- Events of accounts that nobody else is connected to, with the attempts to process them.
WITH theirs AS (
    SELECT DISTINCT g.provider, g.account_id
    FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
    WHERE c.user_id = $1 AND NOT EXISTS (
        SELECT FROM connections o JOIN oauth_tokens og ON og.id = o.grant_id
        WHERE o.user_id <> $1 AND o.is_active AND og.provider = g.provider AND og.account_id = g.account_id
    )
), events AS (
    DELETE FROM integration_webhooks e USING theirs t
    WHERE e.provider = t.provider AND e.account_id = t.account_id
    RETURNING e.id
), attempts AS (
    DELETE FROM deliveries d USING events e WHERE d.event_id = e.id
), members AS (
    DELETE FROM conversation_members m USING theirs t WHERE m.provider = t.provider AND m.account_id = t.account_id
), checks AS (
    DELETE FROM membership_checks m USING theirs t WHERE m.provider = t.provider AND m.account_id = t.account_id
), access AS (
    DELETE FROM resource_access a USING theirs t WHERE a.provider = t.provider AND a.account_id = t.account_id
), keys AS (
    DELETE FROM webhook_keys k USING events e WHERE k.event_id = e.id
)
SELECT count(*) FROM events;

-- name: cached
DELETE FROM provider_cache WHERE grant_id IN (SELECT grant_id FROM connections WHERE user_id = $1);

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
