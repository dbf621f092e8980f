-- name: standing
-- Of a conversation: whether it is open to everybody, whether a person is in it, whether that was asked lately.
SELECT coalesce(v.is_public AND v.checked_at > now() - $6::interval, false) AS public,
       coalesce(v.checked_at > now() - $5::interval, false) AS checked,
       EXISTS (
           SELECT FROM conversation_members m
           WHERE m.provider = $1 AND m.account_id = $2 AND m.person = $4 AND m.conversation = $3
             AND m.checked_at > now() - $5::interval
       ) AS member,
       now() AS asked_at
FROM (SELECT) one
LEFT JOIN conversations v ON v.provider = $1 AND v.account_id = $2 AND v.id = $3;

-- name: private
-- The private conversations of a person, and whether they were asked for lately.
SELECT EXISTS (
           SELECT FROM membership_checks k
           WHERE k.provider = $1 AND k.account_id = $2 AND k.person = $3 AND k.checked_at > now() - $4::interval
       ) AS checked,
       ARRAY(
           SELECT m.conversation FROM conversation_members m
           WHERE m.provider = $1 AND m.account_id = $2 AND m.person = $3 AND m.checked_at > now() - $4::interval
       ) AS conversations,
       now() AS asked_at;

-- name: keep_members
-- Who is in a conversation, of those who have connected; nothing where it has changed since that was asked.
WITH kept AS (
    INSERT INTO conversations AS v (provider, account_id, id, is_public, checked_at) VALUES ($1, $2, $3, $4, $6)
    ON CONFLICT (provider, account_id, id) DO UPDATE
    SET is_public = excluded.is_public, checked_at = excluded.checked_at
    WHERE v.changed_at < excluded.checked_at
    RETURNING v.id
), gone AS (
    DELETE FROM conversation_members m USING kept
    WHERE m.provider = $1 AND m.account_id = $2 AND m.conversation = kept.id AND m.person <> ALL ($5::text[])
)
INSERT INTO conversation_members AS m (provider, account_id, person, conversation, checked_at)
SELECT DISTINCT $1, $2, c.person, kept.id, $6::timestamptz
FROM kept, connections c JOIN oauth_tokens g ON g.id = c.grant_id
WHERE c.is_active AND g.provider = $1 AND g.account_id = $2 AND c.person = ANY ($5::text[])
ON CONFLICT (provider, account_id, person, conversation) DO UPDATE
SET checked_at = greatest(m.checked_at, excluded.checked_at);

-- name: keep_public
-- Conversations that are open to everybody, but for those that have changed since that was asked.
INSERT INTO conversations AS v (provider, account_id, id, is_public, checked_at)
SELECT $1, $2, listed.id, true, $4::timestamptz FROM unnest($3::text[]) AS listed (id) ORDER BY listed.id
ON CONFLICT (provider, account_id, id) DO UPDATE
SET is_public = true, checked_at = excluded.checked_at
WHERE v.changed_at < excluded.checked_at AND v.checked_at < excluded.checked_at;

-- name: keep_private
-- The private conversations of a person, but for those that have changed since they were asked for.
WITH gone AS (
    DELETE FROM conversation_members m
    WHERE m.provider = $1 AND m.account_id = $2 AND m.person = $3 AND m.conversation <> ALL ($4::text[])
      AND m.checked_at <= $5
), kept AS (
    INSERT INTO conversation_members AS m (provider, account_id, person, conversation, checked_at)
    SELECT DISTINCT $1, $2, $3, listed.id, $5::timestamptz
    FROM unnest($4::text[]) AS listed (id)
    WHERE NOT EXISTS (
        SELECT FROM conversations v
        WHERE v.provider = $1 AND v.account_id = $2 AND v.id = listed.id AND v.changed_at >= $5
    )
    ON CONFLICT (provider, account_id, person, conversation) DO UPDATE
    SET checked_at = greatest(m.checked_at, excluded.checked_at)
)
INSERT INTO membership_checks AS k (provider, account_id, person, checked_at) VALUES ($1, $2, $3, $5)
ON CONFLICT (provider, account_id, person) DO UPDATE SET checked_at = greatest(k.checked_at, excluded.checked_at);

-- name: forget
-- Nothing that was asked of a conversation before counts any more.
WITH gone AS (
    DELETE FROM conversation_members WHERE provider = $1 AND account_id = $2 AND conversation = $3
)
INSERT INTO conversations (provider, account_id, id, changed_at) VALUES ($1, $2, $3, clock_timestamp())
ON CONFLICT (provider, account_id, id) DO UPDATE
SET changed_at = clock_timestamp(), checked_at = '-infinity', is_public = false;

-- name: grant_of
-- A grant of an account that can be asked, whoever of its people has connected.
SELECT g.id, g.account_id, g.account, g.scopes
FROM oauth_tokens g
WHERE g.provider = $1 AND g.account_id = $2 AND g.status = 'active'
  AND EXISTS (SELECT FROM connections c WHERE c.grant_id = g.id AND c.is_active)
ORDER BY g.refreshed_at DESC LIMIT 1;

-- name: unchecked
-- Who a user is at these providers, where their private conversations were not asked for lately.
SELECT DISTINCT g.id, g.provider, g.account_id, g.account, g.scopes, c.person, now() AS asked_at
FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
WHERE c.user_id = $1 AND c.is_active AND c.person IS NOT NULL AND g.status = 'active' AND c.provider = ANY ($2::text[])
  AND NOT EXISTS (
      SELECT FROM membership_checks k
      WHERE k.provider = c.provider AND k.account_id = g.account_id AND k.person = c.person
        AND k.checked_at > now() - $3::interval
  );

-- name: settle
UPDATE integration_webhooks e SET audience = s.audience
FROM unnest($1::uuid[], $2::text[]) AS s (id, audience)
WHERE e.id = s.id AND e.audience <> s.audience;

-- name: undetermined
SELECT id, provider, event_type, account_id, audience,
       CASE WHEN coalesce(size, pg_column_size(payload)) > 262144 THEN abridged ELSE payload END AS payload,
       coalesce(size, pg_column_size(payload)) > 262144 AS is_large
FROM integration_webhooks
WHERE audience = '?' ORDER BY id DESC LIMIT $1;

-- name: sweep
WITH gone AS (DELETE FROM conversation_members WHERE checked_at < now() - interval '1 day')
DELETE FROM membership_checks WHERE checked_at < now() - interval '1 day';
