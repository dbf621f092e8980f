-- name: dead_events
-- Events that failed after every retry, a thousand at most, and why the newest did.
WITH dead AS (
    SELECT id, provider, event_type, problem FROM integration_webhooks WHERE status = 'dead' ORDER BY id DESC LIMIT 1000
)
SELECT count(*) AS count, (array_agg(provider || ' ' || event_type ORDER BY id DESC))[1] AS newest,
       (array_agg(problem ->> 'code' ORDER BY id DESC))[1] AS code
FROM dead;

-- name: failing_rules
-- Rules that are on and failed the last time they ran.
SELECT count(*) AS count, count(DISTINCT f.user_id) AS owners, (array_agg(f.name ORDER BY f.number DESC))[1] AS newest,
       (array_agg(f.code ORDER BY f.number DESC))[1] AS code
FROM (
    SELECT a.name, a.user_id, r.number, r.problem ->> 'code' AS code
    FROM automations a
    CROSS JOIN LATERAL (
        SELECT number, status, problem FROM automation_runs
        WHERE automation_id = a.id AND status IN ('done', 'failed', 'dead') ORDER BY number DESC LIMIT 1
    ) r
    WHERE a.enabled AND a.deleted_at IS NULL AND r.status IN ('failed', 'dead')
) f;

-- name: flooded_rules
-- Rules that were switched off because their events came too often, and those that are on and whose latest runs ($1 of
-- them) were all beyond their limit.
SELECT count(*) FILTER (WHERE f.stopped) AS stopped, count(*) FILTER (WHERE NOT f.stopped) AS limited,
       count(DISTINCT f.user_id) AS owners, (array_agg(f.name ORDER BY f.updated_at DESC))[1] AS newest
FROM (
    SELECT a.name, a.user_id, a.updated_at, NOT a.enabled AS stopped
    FROM automations a
    WHERE a.deleted_at IS NULL AND (
        NOT a.enabled AND a.paused ->> 'code' = 'PAUSED_FLOODED'
        OR a.enabled AND $1 = (
            SELECT count(*) FILTER (WHERE latest.status = 'skipped' AND latest.code = 'TOO_OFTEN')
            FROM (
                SELECT status, problem ->> 'code' AS code FROM automation_runs
                WHERE automation_id = a.id ORDER BY number DESC LIMIT $1
            ) latest
        )
    )
) f;

-- name: rules
-- Rules that are on, a few thousand at most: what they say, whether the connections they are bound to work, and what the one
-- they act through may do.
SELECT v.definition, coalesce(c.is_active AND g.status = 'active', false) AS acts,
       a.event IS NULL OR coalesce(tc.is_active AND tg.status = 'active', false) AS hears, g.scopes
FROM automations a
JOIN automation_versions v ON v.automation_id = a.id AND v.version = a.version
LEFT JOIN connections c ON c.id = a.action_connection_id
LEFT JOIN oauth_tokens g ON g.id = c.grant_id
LEFT JOIN connections tc ON tc.id = a.trigger_connection_id
LEFT JOIN oauth_tokens tg ON tg.id = tc.grant_id
WHERE a.enabled AND a.deleted_at IS NULL
ORDER BY a.id LIMIT 5000;

-- name: overdue_schedules
SELECT count(*) AS count, coalesce(max(extract(epoch FROM now() - next_at)), 0)::float8 AS oldest
FROM automations WHERE next_at < now() - interval '1 minute';

-- name: silent_webhooks
-- Webhooks of which something did not arrive, or could not be looked for.
SELECT s.provider, count(*) FILTER (WHERE (s.gap ->> 'missing')::integer > 0) AS missing,
       count(*) FILTER (WHERE s.gap -> 'problem' <> 'null'::jsonb) AS unchecked
FROM webhook_subscriptions s JOIN connections c ON c.id = s.connection_id AND c.is_active
WHERE s.gap IS NOT NULL
GROUP BY s.provider ORDER BY s.provider;

-- name: tables
SELECT to_regclass('jobs') IS NOT NULL AND to_regclass('failures_seen') IS NOT NULL;
