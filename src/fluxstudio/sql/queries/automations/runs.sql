-- name: claim
UPDATE automation_runs r
SET attempts = r.attempts + 1, began_at = coalesce(r.began_at, now()), claimed_until = now() + $2::interval
FROM automations a, users u
WHERE r.id = $1 AND r.status = 'queued' AND (r.claimed_until IS NULL OR r.claimed_until < now())
  AND a.id = r.automation_id AND u.id = a.user_id
RETURNING r.id, r.automation_id, r.event_id, coalesce(r.repeats_due_at, r.due_at) AS due_at, r.attempts, r.depth,
    r.created_at < now() - $3::interval AS late,
    a.user_id, u.subject, u.granted_role AS role, u.email, u.name AS user_name,
    a.enabled AND a.deleted_at IS NULL AND u.disabled_at IS NULL AS wanted,
    CASE WHEN r.version = a.version THEN a.action_connection_id END AS action_connection_id, r.origin,
    (SELECT definition FROM automation_versions v
     WHERE v.automation_id = r.automation_id AND v.version = r.version) AS definition;

-- name: renew
UPDATE automation_runs SET claimed_until = now() + $2::interval WHERE id = $1 AND status = 'queued';

-- name: claimed_for
SELECT extract(epoch FROM claimed_until - now())::float8 FROM automation_runs WHERE id = $1 AND status = 'queued';

-- name: put_off
UPDATE automation_runs
SET attempts = attempts - $2::integer, problem = coalesce($3, problem), claimed_until = NULL
WHERE id = $1 AND status = 'queued';

-- name: event
SELECT id, provider, event_type, account_id, audience, received_at,
       CASE WHEN coalesce(size, pg_column_size(payload)) > 262144 THEN abridged ELSE payload END AS payload,
       coalesce(size, pg_column_size(payload)) > 262144 AS is_large
FROM integration_webhooks WHERE id = $1;

-- name: rendered
-- What is about to be called with what.
UPDATE automation_runs
SET inputs = $2, call = $3::jsonb || jsonb_build_object('at', clock_timestamp(), 'status', 'failed', 'link', NULL)
WHERE id = $1;

-- name: add_made
UPDATE automation_runs SET made = made || $2::text[] WHERE id = $1;

-- name: finish
-- The first failure since a rule last worked begins a series, of which its owner is told once.
WITH ended AS (
    UPDATE automation_runs r
    SET status = $2, output = $3, made = $4, problem = $5, claimed_until = NULL, finished_at = now(),
        call = coalesce(r.call || jsonb_build_object('status', 'done') || $6::jsonb, r.call)
    FROM automations a
    WHERE r.id = $1 AND r.status = 'queued' AND a.id = r.automation_id
    RETURNING a.user_id, a.id AS automation_id
), series AS (
    UPDATE automations a
    SET failing_since = CASE WHEN $2 <> 'done' THEN now() END, failure_notified_at = NULL
    FROM ended
    WHERE a.id = ended.automation_id AND $2 <> 'skipped' AND ($2 = 'done') = (a.failing_since IS NOT NULL)
)
SELECT user_id FROM ended;

-- name: cause
-- What went by one of these names, written for somebody who is known to the provider ($3) as the actor ($2).
SELECT r.id, r.depth
FROM automation_runs r JOIN automations a ON a.id = r.automation_id
WHERE r.made && $1::text[] AND r.made <> '{}' AND ($2::text IS NULL OR EXISTS (
    SELECT FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
    WHERE c.user_id = a.user_id AND g.provider = $3 AND g.account_id = $2
))
ORDER BY r.number DESC LIMIT 1;

-- name: causes_under_way
-- What they make may be what an event that came after they began tells of; they have not said so yet.
SELECT EXISTS (
    SELECT FROM automation_runs r
    JOIN automation_versions v ON v.automation_id = r.automation_id AND v.version = r.version
    WHERE r.id <> $1 AND r.claimed_until > now() AND r.began_at <= $2
      AND starts_with(v.definition #>> '{do,operation}', $3::text || '.')
      AND ($4::text IS NULL OR EXISTS (
          SELECT FROM automations a
          JOIN connections c ON c.user_id = a.user_id
          JOIN oauth_tokens g ON g.id = c.grant_id
          WHERE a.id = r.automation_id AND g.provider = $3 AND g.account_id = $4
      ))
) AND $2::timestamptz > now() - interval '1 minute';

-- name: set_cause
UPDATE automation_runs SET caused_by = $2, depth = $3 WHERE id = $1;

-- name: in_chain
WITH RECURSIVE chain AS (
    SELECT id, automation_id, caused_by, 1 AS length FROM automation_runs WHERE id = $1
    UNION ALL
    SELECT r.id, r.automation_id, r.caused_by, c.length + 1
    FROM automation_runs r JOIN chain c ON r.id = c.caused_by WHERE c.length < 20
)
SELECT EXISTS (SELECT FROM chain WHERE automation_id = $2);
