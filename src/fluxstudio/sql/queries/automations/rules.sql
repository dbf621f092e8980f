-- name: listing
SELECT a.id, a.name, a.enabled, a.version, v.definition, a.next_at, a.created_at, a.updated_at,
       r.id AS run_id, r.status AS run_status, r.created_at AS run_at, a.listening_problem,
       a.failing_since, a.failure_notice, CASE WHEN NOT a.enabled THEN a.paused END AS paused,
       bound_connection(a.trigger_connection_id) AS trigger, bound_connection(a.action_connection_id) AS action
FROM automations a
JOIN automation_versions v ON v.automation_id = a.id AND v.version = a.version
LEFT JOIN LATERAL (
    SELECT id, status, created_at FROM automation_runs WHERE automation_id = a.id ORDER BY number DESC LIMIT 1
) r ON true
WHERE a.deleted_at IS NULL AND ($1::uuid IS NULL OR a.id = $1)
ORDER BY a.created_at, a.id;

-- name: names
SELECT id, name, enabled FROM automations WHERE deleted_at IS NULL ORDER BY created_at, id;

-- name: alone
SELECT pg_advisory_xact_lock(hashtextextended('automations of ' || fluxstudio_user_id(), 0));

-- name: count
SELECT count(*) FROM automations WHERE deleted_at IS NULL;

-- name: add
INSERT INTO automations (user_id, name, enabled, event, next_at)
VALUES (fluxstudio_user_id(), $1, $2, $3, $4) RETURNING id;

-- name: add_version
INSERT INTO automation_versions (automation_id, version, definition) VALUES ($1, $2, $3);

-- name: lock
SELECT a.name, a.enabled, a.version, v.definition, a.trigger_connection_id, a.action_connection_id, now() AS now
FROM automations a JOIN automation_versions v ON v.automation_id = a.id AND v.version = a.version
WHERE a.id = $1 AND a.deleted_at IS NULL FOR UPDATE OF a;

-- name: highest_version
SELECT max(version) FROM automation_versions WHERE automation_id = $1;

-- name: change
UPDATE automations
SET name = $2, enabled = $3, version = $4, event = $5, next_at = $6, updated_at = now(),
    paused = CASE WHEN NOT $3 THEN paused END
WHERE id = $1;

-- name: remove
UPDATE automations SET deleted_at = now(), enabled = false, next_at = NULL, updated_at = now()
WHERE id = $1 AND deleted_at IS NULL RETURNING id;

-- name: undelete
-- Somebody who takes a deletion back does so soon; afterwards the rule may be swept away at any moment.
UPDATE automations SET deleted_at = NULL, updated_at = now()
WHERE id = $1 AND deleted_at > now() - interval '1 hour' RETURNING id;

-- name: versions
SELECT v.version, v.definition, v.created_at
FROM automation_versions v JOIN automations a ON a.id = v.automation_id
WHERE v.automation_id = $1 AND a.deleted_at IS NULL AND ($2::integer IS NULL OR v.version < $2)
ORDER BY v.version DESC LIMIT $3;

-- name: definition_of
SELECT v.definition
FROM automation_versions v JOIN automations a ON a.id = v.automation_id
WHERE v.automation_id = $1 AND v.version = $2 AND a.deleted_at IS NULL;

-- name: sweep_versions
-- The last 50 of each rule stay, those of the last 90 days, and the one that counts.
DELETE FROM automation_versions v
WHERE v.created_at < now() - interval '90 days'
  AND 50 <= (SELECT count(*) FROM automation_versions n WHERE n.automation_id = v.automation_id AND n.version > v.version)
  AND NOT EXISTS (SELECT FROM automations a WHERE a.id = v.automation_id AND a.version = v.version);

-- name: sweep_deleted
-- Deleted rules, once nothing is left to say of what they did.
DELETE FROM automations a
WHERE a.deleted_at < now() - interval '1 day' AND NOT EXISTS (SELECT FROM automation_runs r WHERE r.automation_id = a.id);

-- name: runs
SELECT r.id, r.number, r.version, r.event_id, coalesce(r.repeats_due_at, r.due_at) AS due_at, r.status, r.attempts, r.inputs,
       r.output, r.problem, r.created_at, r.began_at, r.finished_at, r.made, r.call, r.retry_of, n.id AS retried_as
FROM automation_runs r LEFT JOIN automation_runs n ON n.retry_of = r.id
WHERE r.automation_id = $1 AND ($2::bigint IS NULL OR r.number < $2)
ORDER BY r.number DESC LIMIT $3;

-- name: run
SELECT r.id, r.number, r.version, r.event_id, coalesce(r.repeats_due_at, r.due_at) AS due_at, r.status, r.attempts, r.inputs,
       r.output, r.problem, r.created_at, r.began_at, r.finished_at, r.made, r.call, r.retry_of, n.id AS retried_as
FROM automation_runs r LEFT JOIN automation_runs n ON n.retry_of = r.id
WHERE r.automation_id = $1 AND r.id = $2;

-- name: exists
SELECT EXISTS (SELECT FROM automations WHERE id = $1 AND deleted_at IS NULL);

-- name: enqueue_runs
-- Each takes of its member's share of the workers.
INSERT INTO jobs (kind, share, payload)
SELECT $1, a.user_id::text, uuid_send(r.id)
FROM automation_runs r JOIN automations a ON a.id = r.automation_id
WHERE r.id = ANY ($2::uuid[])
ORDER BY r.number;

-- name: happened
SELECT id, provider, event_type, account_id, summary,
       CASE WHEN summary IS NULL AND coalesce(size, pg_column_size(payload)) <= 8192 THEN payload END AS payload
FROM integration_webhooks WHERE id = ANY($1::uuid[]);

-- name: lately_received
-- Account by account and resource by resource, by ids, which stand in the order of arrival. Of large events the
-- payload is left out, and of all beyond the first 1 MB.
WITH latest AS (
    SELECT DISTINCT ON (e.id) e.id, e.bytes
    FROM (
        SELECT DISTINCT g.account_id, NULL AS resource
        FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
        WHERE c.is_active AND g.provider = $1 AND ($3::text IS NULL OR g.account_id = $3)
        UNION ALL
        SELECT DISTINCT NULL, a.resource
        FROM resource_access a
        WHERE a.provider = $1 AND a.is_visible AND a.checked_at > now() - interval '15 minutes'
    ) own
    CROSS JOIN LATERAL (
        (
            SELECT w.id, coalesce(w.size, pg_column_size(w.payload)) AS bytes FROM integration_webhooks w
            WHERE own.account_id IS NOT NULL AND w.provider = $1 AND w.account_id = own.account_id AND w.event_type = $2
              AND w.id >= first_event_id(now() - interval '7 days') AND w.payload_deleted_at IS NULL
            ORDER BY w.id DESC LIMIT $4
        )
        UNION ALL
        (
            SELECT w.id, coalesce(w.size, pg_column_size(w.payload)) FROM integration_webhooks w
            WHERE own.resource IS NOT NULL AND w.provider = $1 AND w.resource = own.resource AND w.event_type = $2
              AND ($3::text IS NULL OR w.account_id = $3) AND w.id >= first_event_id(now() - interval '7 days')
              AND w.payload_deleted_at IS NULL
            ORDER BY w.id DESC LIMIT $4
        )
    ) e
    ORDER BY e.id DESC LIMIT $4
), counted AS (
    SELECT id, bytes > 262144 OR 1048576 < sum(bytes) FILTER (WHERE bytes <= 262144) OVER (ORDER BY id DESC) AS too_large
    FROM latest
)
SELECT e.id, e.provider, e.event_type, e.account_id, e.received_at, e.summary ->> 'text' AS summary, c.too_large,
       CASE WHEN NOT c.too_large THEN e.payload END AS payload
FROM integration_webhooks e JOIN counted c ON c.id = e.id
WHERE e.id = ANY (ARRAY(SELECT id FROM counted))
ORDER BY e.id DESC;

-- name: using
-- The rules that listen to one of these connections, or act through it.
SELECT a.id, a.name, a.enabled, array_remove(ARRAY[a.trigger_connection_id, a.action_connection_id], NULL) AS connections
FROM automations a
WHERE a.deleted_at IS NULL AND (a.trigger_connection_id = ANY ($1::uuid[]) OR a.action_connection_id = ANY ($1::uuid[]))
ORDER BY a.created_at, a.id;

-- name: bound
SELECT bound_connection($1) AS connection;

-- name: accounts
SELECT c.id, c.provider, g.account_id FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id WHERE c.id = ANY($1::uuid[]);

-- name: set_failure_notice
UPDATE automations SET failure_notice = $2 WHERE id = $1 AND deleted_at IS NULL RETURNING id;

-- name: listening_problem
UPDATE automations SET listening_problem = $2 WHERE id = $1 AND listening_problem IS DISTINCT FROM $2;

-- name: last_heard
-- When the latest event of each kind reached the user through each account, and the latest that the app's own secret
-- proved, among the latest of that account.
SELECT wanted.place, latest.at, latest.by_app_at
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS wanted (provider, event_type, account_id, place)
CROSS JOIN LATERAL (
    SELECT max(e.received_at) AS at, max(e.received_at) FILTER (WHERE e.owner_id IS NULL) AS by_app_at
    FROM (
        SELECT event_type, received_at, owner_id FROM integration_webhooks
        WHERE provider = wanted.provider AND account_id = wanted.account_id
        ORDER BY id DESC LIMIT 300
    ) e
    WHERE e.event_type = wanted.event_type
) latest
WHERE latest.at IS NOT NULL;
