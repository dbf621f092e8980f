-- name: of_event
-- Runs that an event started; of one user under row security, else of everybody.
SELECT r.id, r.automation_id, a.user_id, a.name AS automation_name, a.deleted_at IS NOT NULL AS deleted, r.status,
       r.problem, r.call, r.retry_of, n.id AS retried_as, r.created_at, r.began_at, r.finished_at
FROM automation_runs r JOIN automations a ON a.id = r.automation_id
LEFT JOIN automation_runs n ON n.retry_of = r.id
WHERE r.event_id = $1
ORDER BY r.number LIMIT 200;

-- name: outcomes
-- What became of the runs of events, without those that were run again: how many failed, the latest of these, and whether
-- any is still to be carried out.
SELECT r.event_id, count(*) FILTER (WHERE r.status IN ('failed', 'dead')) AS failed,
       bool_or(r.status = 'queued') AS pending,
       (array_agg(jsonb_build_object(
           'id', r.id, 'automation', r.automation_id, 'owner', a.user_id, 'message', r.problem ->> 'message'
       ) ORDER BY r.number DESC) FILTER (WHERE r.status IN ('failed', 'dead')))[1] AS failed_run
FROM automation_runs r JOIN automations a ON a.id = r.automation_id
WHERE r.event_id = ANY ($1) AND r.retried_at IS NULL AND r.status IN ('failed', 'dead', 'queued')
GROUP BY r.event_id;

-- name: failed_of_event
SELECT r.id FROM automation_runs r JOIN automations a ON a.id = r.automation_id
WHERE r.event_id = $1 AND r.status IN ('failed', 'dead') AND r.retried_at IS NULL AND ($2::uuid IS NULL OR a.user_id = $2)
ORDER BY r.number;

-- name: to_retry
SELECT r.id, r.status, r.event_id, coalesce(r.repeats_due_at, r.due_at) AS due_at, a.id AS automation_id, a.name,
       a.user_id, a.version, a.enabled, a.deleted_at IS NOT NULL AS deleted, v.definition,
       (SELECT n.id FROM automation_runs n WHERE n.retry_of = r.id) AS retried_as
FROM automation_runs r
JOIN automations a ON a.id = r.automation_id
JOIN automation_versions v ON v.automation_id = a.id AND v.version = a.version
WHERE r.id = $1 AND ($2::uuid IS NULL OR a.id = $2) AND ($3::uuid IS NULL OR a.user_id = $3);

-- name: event_visible
SELECT EXISTS (SELECT FROM integration_webhooks WHERE id = $1 AND payload_deleted_at IS NULL);

-- name: retry
-- Once: nothing where the run was run again meanwhile.
WITH added AS (
    INSERT INTO automation_runs (automation_id, version, event_id, due_at, repeats_due_at, retry_of, origin)
    SELECT r.automation_id, a.version, r.event_id, CASE WHEN r.event_id IS NULL THEN clock_timestamp() END,
           coalesce(r.repeats_due_at, r.due_at), r.id, $2
    FROM automation_runs r JOIN automations a ON a.id = r.automation_id
    WHERE r.id = $1 AND r.status IN ('failed', 'dead') AND a.enabled AND a.deleted_at IS NULL
    ON CONFLICT DO NOTHING RETURNING id, retry_of
), repeated AS (
    UPDATE automation_runs SET retried_at = now() FROM added WHERE automation_runs.id = added.retry_of
)
SELECT id FROM added;

-- name: retried_as
SELECT id FROM automation_runs WHERE retry_of = $1;

-- name: unseen
-- What has failed and was not looked at: runs of a user's rules, and events of their accounts; a hundred at most.
WITH own AS MATERIALIZED (
    SELECT g.provider, g.account_id, c.person,
           g.status = 'reauthorize' OR g.status <> 'released' AND (g.problem IS NOT NULL OR g.expires_at < now() AND NOT g.renews)
               AS broken
    FROM connections c JOIN oauth_tokens g ON g.id = c.grant_id
    WHERE c.user_id = $1 AND c.is_active
), since AS MATERIALIZED (
    SELECT coalesce((SELECT seen_at FROM failures_seen WHERE user_id = $1), '-infinity') AS moment
), visible AS MATERIALIZED (
    SELECT DISTINCT a.provider, a.resource
    FROM own JOIN resource_access a ON a.provider = own.provider AND a.account_id = own.account_id
    WHERE a.is_visible AND a.checked_at > now() - interval '15 minutes'
)
SELECT (
    SELECT count(*) FROM (
        SELECT FROM automations a
        JOIN automation_runs r ON r.automation_id = a.id
        WHERE a.user_id = $1 AND a.deleted_at IS NULL
          AND r.status IN ('failed', 'dead') AND r.retried_at IS NULL AND r.seen_at IS NULL
        LIMIT 100
    ) AS some_runs
) AS runs, (
    SELECT count(*) FROM (
        SELECT id FROM own CROSS JOIN LATERAL (
            SELECT w.id FROM integration_webhooks w
            WHERE w.provider = own.provider AND w.account_id = own.account_id AND w.status = 'dead'
              AND (w.owner_id IS NULL OR w.owner_id = $1)
              AND in_audience(own.provider, own.account_id, own.person, w.audience)
              AND coalesce(w.claimed_at, w.received_at) > (SELECT moment FROM since)
            LIMIT 100
        ) AS some_of_account
        UNION
        SELECT id FROM visible CROSS JOIN LATERAL (
            SELECT w.id FROM integration_webhooks w
            WHERE w.provider = visible.provider AND w.resource = visible.resource AND w.status = 'dead'
              AND (w.owner_id IS NULL OR w.owner_id = $1)
              AND coalesce(w.claimed_at, w.received_at) > (SELECT moment FROM since)
            LIMIT 100
        ) AS some_of_resource
        LIMIT 100
    ) AS some_events
) AS events, (SELECT count(*) FROM own WHERE broken) AS connections;

-- name: failing
-- Rules that fail, that were paused, or of whose failed runs nobody has looked at some.
SELECT a.id AS automation_id, a.name, CASE WHEN NOT a.enabled THEN a.paused END AS paused, u.unseen, r.id AS run_id, r.problem,
       r.created_at AS run_at
FROM automations a
CROSS JOIN LATERAL (
    SELECT count(*) AS unseen FROM (
        SELECT FROM automation_runs
        WHERE automation_id = a.id AND status IN ('failed', 'dead') AND retried_at IS NULL AND seen_at IS NULL
        LIMIT 100
    ) AS some_runs
) u
LEFT JOIN LATERAL (
    SELECT id, problem, created_at FROM automation_runs
    WHERE (u.unseen > 0 OR a.failing_since IS NOT NULL)
      AND automation_id = a.id AND status IN ('failed', 'dead') AND retried_at IS NULL
    ORDER BY number DESC LIMIT 1
) r ON true
WHERE a.deleted_at IS NULL AND (u.unseen > 0 OR a.failing_since IS NOT NULL OR (NOT a.enabled AND a.paused IS NOT NULL))
ORDER BY r.created_at DESC NULLS LAST, a.id LIMIT 20;

-- name: see_runs
UPDATE automation_runs SET seen_at = now()
WHERE automation_id = $1 AND status IN ('failed', 'dead') AND retried_at IS NULL AND seen_at IS NULL;

-- name: see_runs_of_event
UPDATE automation_runs SET seen_at = now()
WHERE event_id = $1 AND status IN ('failed', 'dead') AND retried_at IS NULL AND seen_at IS NULL;

-- name: see_events
INSERT INTO failures_seen (user_id, seen_at) VALUES (fluxstudio_user_id(), now())
ON CONFLICT (user_id) DO UPDATE SET seen_at = excluded.seen_at;
