-- name: store
SELECT store_events($1, $2, $3);

-- name: open
-- Those that still are to be handled. What was begun and did not come to an end may have ended whoever tried.
SELECT id, order_key, attempts > 0 AS begun FROM integration_webhooks
WHERE id = ANY ($1) AND status IN ('received', 'failed')
ORDER BY id;

-- name: claim
-- The event loop works with a short copy of what is large.
SELECT id, provider, event_type, account_id, subscription, owner_id, happening, audience, resource, attempts, earlier_attempts, received_at,
       CASE WHEN coalesce(size, pg_column_size(payload)) > 262144 THEN abridged ELSE payload END AS payload,
       coalesce(size, pg_column_size(payload)) > 262144 AS is_large
FROM claim_event($1, $2);

-- name: renew_claim
UPDATE integration_webhooks SET claimed_at = clock_timestamp() WHERE id = $1 AND status IN ('received', 'failed');

-- name: status
SELECT status FROM integration_webhooks WHERE id = $1;

-- name: lock
SELECT status IN ('received', 'failed') FROM integration_webhooks WHERE id = $1 FOR UPDATE;

-- name: handled
UPDATE integration_webhooks SET status = 'handled', handled_at = now(), problem = NULL WHERE id = $1;

-- name: failed
UPDATE integration_webhooks SET status = $2, problem = $3 WHERE id = $1 AND status IN ('received', 'failed');

-- name: record_delivery
INSERT INTO deliveries (event_id, attempt, outcome, took_ms, note, problem) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (event_id, attempt) DO NOTHING;

-- name: batch
-- Of these, those of no order that nobody has begun. What was begun may have ended whoever tried, and has a job of its own.
SELECT id, provider, event_type, account_id, subscription, owner_id, happening, audience, resource, attempts, earlier_attempts, received_at,
       CASE WHEN coalesce(size, pg_column_size(payload)) > 262144 THEN abridged ELSE payload END AS payload,
       coalesce(size, pg_column_size(payload)) > 262144 AS is_large
FROM integration_webhooks
WHERE id = ANY ($1) AND order_key IS NULL AND status = 'received' AND attempts = 0
ORDER BY id;

-- name: batch_of_orders
-- The earliest of each order up to one of them. Written as a range, so that the index of the order is walked, and not that
-- of the ids of everything that ever came.
SELECT e.*
FROM unnest($1::text[], $2::uuid[]) AS wanted (order_key, latest)
CROSS JOIN LATERAL (
    SELECT id, provider, event_type, account_id, subscription, owner_id, happening, audience, resource,
           attempts, earlier_attempts, received_at,
           CASE WHEN coalesce(size, pg_column_size(payload)) > 262144 THEN abridged ELSE payload END AS payload,
           coalesce(size, pg_column_size(payload)) > 262144 AS is_large
    FROM integration_webhooks
    WHERE order_key >= wanted.order_key AND order_key <= wanted.order_key AND status = 'received' AND attempts = 0
      AND id <= wanted.latest AND id >= first_event_id(now() - interval '14 days')
    ORDER BY order_key, id
    LIMIT $3
) e;

-- name: lock_batch
SELECT id FROM integration_webhooks WHERE id = ANY ($1) AND status = 'received' AND attempts = 0 ORDER BY id FOR UPDATE;

-- name: handled_together
-- Each with the milliseconds it took and a note of what was done.
WITH ended AS (
    UPDATE integration_webhooks e
    SET status = 'handled', handled_at = now(), problem = NULL, attempts = e.attempts + 1, claimed_at = now()
    FROM unnest($1::uuid[], $2::integer[], $3::text[]) AS given (id, took_ms, note)
    WHERE e.id = given.id AND e.id = ANY ($1)
    RETURNING e.id, e.earlier_attempts + e.attempts AS attempt, given.took_ms, given.note
)
INSERT INTO deliveries (event_id, attempt, outcome, took_ms, note)
SELECT id, attempt, 'done', took_ms, note FROM ended
ON CONFLICT (event_id, attempt) DO NOTHING;

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

-- name: page
-- Large payloads are not read for a list: what it shows of them is kept beside them. With $6 those that concern nobody. Of a
-- happening that the webhooks of several users tell of there is one, the reader's ($7) own where that is among them.
SELECT id, provider, event_type, delivery_key, account_id, subscription, status,
       CASE WHEN summary IS NULL AND coalesce(size, pg_column_size(payload)) <= 8192 THEN payload END AS payload, summary,
       earlier_attempts + attempts AS attempts, received_at,
       handled_at, problem, payload_deleted_at
FROM integration_webhooks e
WHERE ($1::uuid IS NULL OR id < $1) AND ($2::text IS NULL OR provider = $2)
  AND ($3::text IS NULL OR event_type = $3) AND ($4::text IS NULL OR status = $4)
  AND (NOT $6::boolean OR concerns_nobody(provider, account_id, resource, owner_id))
  AND (
      owner_id IS NULL OR happening IS NULL OR owner_id IS NOT DISTINCT FROM $7 OR NOT EXISTS (
          SELECT FROM integration_webhooks other
          WHERE other.happening = e.happening AND other.owner_id IS NOT NULL AND other.owner_id <> e.owner_id
            AND (other.owner_id = $7 OR other.id < e.id)
      )
  )
ORDER BY id DESC
LIMIT $5;

-- name: page_of_user
-- Account by account and resource by resource, so that little of one user is not searched for among much of all.
SELECT id, provider, event_type, delivery_key, account_id, subscription, status, payload, summary, attempts, received_at,
       handled_at, problem, payload_deleted_at
FROM (
    SELECT DISTINCT ON (e.id) e.*
    FROM (
        SELECT DISTINCT g.provider, g.account_id, NULL AS resource
        FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
        WHERE c.is_active AND ($2::text IS NULL OR g.provider = $2)
        UNION ALL
        SELECT DISTINCT a.provider, NULL, a.resource
        FROM resource_access a
        WHERE a.is_visible AND a.checked_at > now() - interval '15 minutes' AND ($2::text IS NULL OR a.provider = $2)
    ) own
    CROSS JOIN LATERAL (
        (
            SELECT w.* FROM integration_webhooks w
            WHERE own.account_id IS NOT NULL AND w.provider = own.provider AND w.account_id = own.account_id
              AND ($1::uuid IS NULL OR w.id < $1)
              AND ($3::text IS NULL OR w.event_type = $3) AND ($4::text IS NULL OR w.status = $4)
            ORDER BY w.id DESC
            LIMIT $5
        )
        UNION ALL
        (
            SELECT w.* FROM integration_webhooks w
            WHERE own.resource IS NOT NULL AND w.provider = own.provider AND w.resource = own.resource
              AND ($1::uuid IS NULL OR w.id < $1)
              AND ($3::text IS NULL OR w.event_type = $3) AND ($4::text IS NULL OR w.status = $4)
            ORDER BY w.id DESC
            LIMIT $5
        )
    ) listed
    CROSS JOIN LATERAL (
        SELECT listed.id, listed.provider, listed.event_type, listed.delivery_key, listed.account_id, listed.subscription,
               listed.status,
               CASE
                   WHEN listed.summary IS NULL AND coalesce(listed.size, pg_column_size(listed.payload)) <= 8192
                   THEN listed.payload
               END AS payload,
               listed.summary, listed.earlier_attempts + listed.attempts AS attempts, listed.received_at, listed.handled_at,
               listed.problem, listed.payload_deleted_at
    ) e
    ORDER BY e.id DESC
) latest
ORDER BY id DESC
LIMIT $5;

-- name: page_of_outcome
-- Of the worst that became of an event ($6), anything but `done`: through what is kept of failures and of what is still to
-- be done, which is little beside all events. Under row security those of one user.
WITH candidates AS (
    SELECT event_id AS id FROM automation_runs
    WHERE $6 = 'run_failed' AND status IN ('failed', 'dead') AND retried_at IS NULL AND event_id IS NOT NULL
    UNION
    SELECT event_id FROM automation_runs WHERE $6 = 'pending' AND status = 'queued' AND event_id IS NOT NULL
    UNION
    SELECT id FROM integration_webhooks WHERE $6 = 'pending' AND status = 'received'
    UNION
    SELECT id FROM integration_webhooks
    WHERE status IN ('failed', 'dead') AND status = CASE $6 WHEN 'pending' THEN 'failed' WHEN 'dead_letter' THEN 'dead' END
)
SELECT w.id, w.provider, w.event_type, w.delivery_key, w.account_id, w.subscription, w.status,
       CASE WHEN w.summary IS NULL AND coalesce(w.size, pg_column_size(w.payload)) <= 8192 THEN w.payload END AS payload,
       w.summary, w.earlier_attempts + w.attempts AS attempts, w.received_at, w.handled_at, w.problem, w.payload_deleted_at
FROM integration_webhooks w
WHERE w.id = ANY (ARRAY(SELECT id FROM candidates WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT 5000))
  AND ($2::text IS NULL OR w.provider = $2) AND ($3::text IS NULL OR w.event_type = $3)
  AND ($4::text IS NULL OR w.status = $4)
  AND ($6 = 'run_failed' OR NOT EXISTS (
      SELECT FROM automation_runs r
      WHERE r.event_id = w.id AND r.status IN ('failed', 'dead') AND r.retried_at IS NULL
  ))
  AND ($6 <> 'pending' OR w.status <> 'dead')
ORDER BY w.id DESC
LIMIT $5;

-- name: one
SELECT id, provider, event_type, delivery_key, account_id, subscription, status, size, summary,
       CASE WHEN payload_deleted_at IS NULL AND coalesce(size, octet_length(payload::text)) <= $2 THEN payload END AS payload,
       CASE WHEN payload_deleted_at IS NULL AND coalesce(size, octet_length(payload::text)) > $2
            THEN left(payload::text, $3) END AS excerpt,
       earlier_attempts + attempts AS attempts, received_at,
       handled_at, problem, payload_deleted_at
FROM integration_webhooks WHERE id = $1;

-- name: pieces
-- A payload as the bytes of its JSON, in pieces.
SELECT substring(whole.bytes FROM place FOR $2) AS piece
FROM (
    SELECT convert_to(payload::text, 'UTF8') AS bytes FROM integration_webhooks WHERE id = $1 OFFSET 0
) whole
CROSS JOIN LATERAL generate_series(1, length(whole.bytes), $2) AS place
ORDER BY place;

-- name: withheld
-- Those of these events that concern private conversations which a user is not in.
SELECT e.id FROM integration_webhooks e
WHERE e.id = ANY ($1) AND e.audience <> '' AND NOT EXISTS (
    SELECT FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
    WHERE c.user_id = $2 AND c.is_active AND g.provider = e.provider AND g.account_id = e.account_id
      AND in_audience(g.provider, g.account_id, c.person, e.audience)
);

-- name: deliveries
SELECT attempt, outcome, ended_at, took_ms, note, problem FROM deliveries WHERE event_id = $1 ORDER BY attempt;

-- name: after
SELECT id, provider, event_type, account_id, status FROM integration_webhooks
WHERE id > $1 ORDER BY id LIMIT $2;

-- name: replay
-- Ready to be handled again. The attempts before stay on record.
UPDATE integration_webhooks
SET status = 'failed', problem = NULL, earlier_attempts = earlier_attempts + attempts, attempts = 0
WHERE id = $1 AND payload_deleted_at IS NULL
RETURNING coalesce(owner_id::text, provider || ':' || coalesce(account_id, '')) AS share;

-- name: record_replay
-- A replay for one member, which leaves the event as it is and is numbered among the attempts.
WITH numbered AS (
    UPDATE integration_webhooks SET earlier_attempts = earlier_attempts + 1 WHERE id = $1
    RETURNING earlier_attempts + attempts AS attempt
)
INSERT INTO deliveries (event_id, attempt, outcome, took_ms, note)
SELECT $1, attempt, 'replayed', $2, $3 FROM numbered;

-- name: whole
SELECT id, provider, event_type, account_id, happening, audience, resource, status,
       CASE WHEN coalesce(size, pg_column_size(payload)) > 262144 THEN abridged ELSE payload END AS payload,
       coalesce(size, pg_column_size(payload)) > 262144 AS is_large
FROM integration_webhooks WHERE id = $1 AND payload_deleted_at IS NULL;

-- name: written
-- A payload as the bytes of its JSON.
SELECT convert_to(payload::text, 'UTF8') FROM integration_webhooks WHERE id = $1;

-- name: abridge
UPDATE integration_webhooks SET abridged = $2 WHERE id = $1 AND abridged IS NULL;

-- name: concerning_only
-- Events that concern nobody but one user: proven by that user's own secret, or of accounts of nobody else.
SELECT e.id FROM integration_webhooks e
WHERE e.id = ANY ($2) AND (
    e.owner_id = $1 OR e.owner_id IS NULL AND NOT EXISTS (
        SELECT FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
        WHERE g.provider = e.provider AND g.account_id = e.account_id AND c.is_active AND c.user_id <> $1
    ) AND NOT EXISTS (
        SELECT FROM resource_access a
        JOIN oauth_tokens g ON g.provider = a.provider AND g.account_id = a.account_id
        JOIN connections c ON c.grant_id = g.id
        WHERE a.provider = e.provider AND a.resource = e.resource AND a.is_visible AND c.is_active AND c.user_id <> $1
    )
);

-- name: dead_ones
SELECT id FROM integration_webhooks
WHERE status = 'dead' AND payload_deleted_at IS NULL AND ($1::text IS NULL OR provider = $1) AND ($2::timestamptz IS NULL OR received_at >= $2)
ORDER BY id
LIMIT $3;

-- name: count_dead
SELECT count(*) FROM integration_webhooks WHERE status = 'dead' AND payload_deleted_at IS NULL AND ($1::text IS NULL OR provider = $1);

-- name: account_names
SELECT DISTINCT ON (g.provider, g.account_id) g.provider, g.account_id, g.account ->> 'name' AS name
FROM unnest($1::text[], $2::text[]) AS wanted (provider, account_id)
JOIN oauth_tokens g ON g.provider = wanted.provider AND g.account_id = wanted.account_id
ORDER BY g.provider, g.account_id, g.refreshed_at DESC;

-- name: knows
-- Whether deliveries of a webhook ($3) have arrived, by their keys or those that earlier releases made.
SELECT wanted.place FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS wanted (key, former_key, place)
WHERE EXISTS (SELECT FROM webhook_keys WHERE key = wanted.key)
   OR EXISTS (SELECT FROM webhook_keys WHERE second_key = wanted.key)
   OR EXISTS (
       SELECT FROM webhook_keys k JOIN integration_webhooks e ON e.id = k.event_id
       WHERE k.key = wanted.former_key AND e.subscription = $3
   );

-- name: revision
SELECT cursor FROM event_revision WHERE ends_at > now() FOR UPDATE;

-- name: revision_end
-- The last of the next ids to go through.
SELECT id FROM (
    SELECT id FROM integration_webhooks
    WHERE id > $1 AND id < first_event_id(now() - interval '1 minute') ORDER BY id LIMIT $2
) next
ORDER BY id DESC LIMIT 1;

-- name: to_revise
-- Kept by an earlier release, and large, or proven by a webhook of ours, or with a field that must not be kept.
SELECT id FROM integration_webhooks
WHERE id > $1 AND id <= $2 AND size IS NULL AND payload_deleted_at IS NULL
  AND (pg_column_size(payload) > 8192 OR subscription IS NOT NULL OR payload::text LIKE ANY ($3))
ORDER BY id;

-- name: revise_one
SELECT provider, event_type, delivery_key, octet_length(payload::text) AS size,
       CASE WHEN octet_length(payload::text) <= 262144 THEN payload END AS payload
FROM integration_webhooks WHERE id = $1;

-- name: revised
UPDATE integration_webhooks e
SET payload = $2, delivery_key = $3, size = $4, summary = $5, abridged = $6,
    owner_id = coalesce(e.owner_id, (
        SELECT s.user_id FROM webhook_subscriptions s
        WHERE s.provider = e.provider AND s.webhook_id = e.subscription
    ))
WHERE id = $1;

-- name: revision_moved
UPDATE event_revision SET cursor = $1;

-- name: make_partitions
SELECT make_event_partitions();
