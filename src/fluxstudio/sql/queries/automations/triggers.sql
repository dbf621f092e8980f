-- name: waiting_for
-- Rules for events of a kind that listen by a connection that the event concerns, and whose own connection to act
-- through is there. What one user's own secret proves ($4) is for that user's rules only.
WITH connected AS MATERIALIZED (
    SELECT c.connection_id AS id, c.user_id
    FROM concerned_connections($2, $3, $5, $6) c JOIN users u ON u.id = c.user_id
    WHERE u.disabled_at IS NULL AND ($4::uuid IS NULL OR c.user_id = $4)
)
SELECT a.id, a.version, a.user_id
FROM automations a
JOIN connected c ON c.id = a.trigger_connection_id AND c.user_id = a.user_id
JOIN connections d ON d.id = a.action_connection_id AND d.user_id = a.user_id AND d.is_active
WHERE a.event = $1 AND a.enabled AND a.deleted_at IS NULL
ORDER BY a.id;

-- name: definitions
SELECT v.automation_id, v.version, v.definition
FROM automation_versions v
JOIN unnest($1::uuid[], $2::integer[]) AS wanted (id, version) ON v.automation_id = wanted.id AND v.version = wanted.version;

-- name: lock_rules
SELECT id FROM automations WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE;

-- name: start_on_event
-- Runs of several rules ($3 to $8), once for each event and for each happening, through however many webhooks it was told.
-- One beyond the limit of its rule is recorded as skipped for that ($8), one with a problem ($7) as failed.
INSERT INTO automation_runs (automation_id, version, event_id, happening, status, problem, finished_at, origin)
SELECT automation_id, version, $1, $2,
       CASE WHEN over_limit THEN 'skipped' WHEN problem IS NOT NULL THEN 'failed' ELSE 'queued' END,
       CASE WHEN over_limit THEN too_often ELSE problem END,
       CASE WHEN over_limit OR problem IS NOT NULL THEN now() END, $9
FROM (
    SELECT rule.*, rule.runs <= (
        SELECT count(*) FROM (
            SELECT FROM automation_runs r
            WHERE r.automation_id = rule.automation_id AND r.created_at > now() - rule.period AND r.status <> 'skipped'
            ORDER BY r.automation_id, r.created_at DESC LIMIT rule.runs
        ) AS lately
    ) AS over_limit
    FROM unnest($3::uuid[], $4::integer[], $5::interval[], $6::integer[], $7::jsonb[], $8::jsonb[])
        AS rule (automation_id, version, period, runs, problem, too_often)
) AS counted
ORDER BY automation_id
ON CONFLICT DO NOTHING RETURNING id, status, automation_id;

-- name: begin_failing
UPDATE automations SET failing_since = now(), failure_notified_at = NULL WHERE id = $1 AND failing_since IS NULL;

-- name: pause_flooded
-- Switch off a rule whose latest runs ($2 of them) were all beyond its limit; its owner.
UPDATE automations SET enabled = false, paused = $3, updated_at = now()
WHERE id = $1 AND enabled AND $2 = (
    SELECT count(*) FROM (
        SELECT status, problem ->> 'code' AS code FROM automation_runs WHERE automation_id = $1
        ORDER BY number DESC LIMIT $2
    ) latest
    WHERE status = 'skipped' AND code = 'TOO_OFTEN'
)
RETURNING user_id;

-- name: due
-- A rule whose account is gone has its time pass.
SELECT a.id, a.version, v.definition, a.next_at, now() AS now,
       EXISTS (SELECT FROM connections c WHERE c.id = a.action_connection_id AND c.is_active) AS ready
FROM automations a JOIN automation_versions v ON v.automation_id = a.id AND v.version = a.version
WHERE a.next_at <= now()
ORDER BY a.next_at LIMIT $1 FOR UPDATE OF a SKIP LOCKED;

-- name: start_on_schedule
INSERT INTO automation_runs (automation_id, version, due_at, origin) VALUES ($1, $2, $3, $4)
ON CONFLICT (automation_id, due_at) DO NOTHING RETURNING id;

-- name: set_next_due
UPDATE automations SET next_at = $2 WHERE id = $1;
