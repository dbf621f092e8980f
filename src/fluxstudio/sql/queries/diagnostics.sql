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

-- name: enabled_rules
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

-- name: has_work_tables
SELECT to_regclass('jobs') IS NOT NULL AND to_regclass('failures_seen') IS NOT NULL;

-- name: grant_counts
SELECT provider, client_id, count(*) AS grants,
       count(*) FILTER (WHERE status = 'reauthorize') AS lost,
       count(*) FILTER (WHERE status = 'active' AND problem IS NOT NULL) AS troubled
FROM oauth_tokens WHERE is_active GROUP BY provider, client_id ORDER BY provider;

-- name: database_role
SELECT r.rolname AS name, quote_ident(r.rolname) AS quoted, r.rolsuper, r.rolbypassrls, r.rolcreaterole,
       current_schema() AS schema,
       coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
       coalesce((SELECT NOT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('schema_migrations')), false)
           AS is_guest,
       u.oid IS NOT NULL AS restricted_exists, coalesce(u.rolsuper OR u.rolbypassrls, false) AS unbounded,
       coalesce(pg_has_role(r.oid, u.oid, 'MEMBER WITH ADMIN OPTION'), false) AS may_grant
FROM pg_roles r LEFT JOIN pg_roles u ON u.rolname = $1
WHERE r.rolname = current_user;

-- name: open_relations
-- Whatever the restricted role may read with no row security between, views that run as their owner included.
SELECT c.relname AS name, c.relkind IN ('v', 'm') AS is_view
FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND has_any_column_privilege($1, c.oid, 'SELECT')
  AND CASE WHEN c.relkind = 'v'
           THEN NOT coalesce('{security_invoker=true,security_invoker=on}' && c.reloptions, false)
           ELSE NOT c.relrowsecurity END
UNION ALL
SELECT tablename, false FROM pg_policies
WHERE schemaname = current_schema() AND permissive = 'PERMISSIVE' AND qual = 'true'
  AND roles && ARRAY[$1, 'public']::name[]
ORDER BY 1;

-- name: has_granted_roles
SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('users') AND attname = 'granted_role');

-- name: has_table
SELECT to_regclass($1) IS NOT NULL;

-- name: sees_users
SELECT EXISTS (SELECT id FROM users);
