-- name: store
-- Which of the events were new, and whether any endpoint may have been announced them.
SELECT store_events($1, $2, $3) AS new_ids, EXISTS (SELECT FROM endpoints WHERE status = 'active') AS announced;

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

-- name: make_partitions
SELECT make_event_partitions();
