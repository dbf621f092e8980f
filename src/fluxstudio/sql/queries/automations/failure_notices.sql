-- name: due
-- Rules that began to fail and whose owners are to be told, marked as told.
WITH chosen AS (
    SELECT a.id, coalesce(
        a.failure_notice, jsonb_build_object('connection', p.notify_connection_id, 'channel', p.notify_channel)
    ) AS notice
    FROM automations a LEFT JOIN user_preferences p ON p.user_id = a.user_id
    WHERE a.failing_since IS NOT NULL AND a.failure_notified_at IS NULL
      AND (a.failure_notice IS NOT NULL OR p.notify_failures AND p.notify_channel IS NOT NULL AND p.notify_connection_id IS NOT NULL)
      AND a.enabled AND a.deleted_at IS NULL AND NOT coalesce(is_quiet(p, now()), false)
    LIMIT 50 FOR UPDATE OF a SKIP LOCKED
)
UPDATE automations a SET failure_notified_at = now()
FROM chosen, users u
WHERE a.id = chosen.id AND u.id = a.user_id AND u.disabled_at IS NULL
RETURNING a.id, a.name, chosen.notice AS failure_notice, a.user_id, u.subject, u.granted_role AS role, u.email, u.name AS user_name,
    (SELECT r.id FROM automation_runs r
     WHERE r.automation_id = a.id AND r.status IN ('failed', 'dead') ORDER BY r.number DESC LIMIT 1) AS run_id,
    (SELECT r.problem ->> 'message' FROM automation_runs r
     WHERE r.automation_id = a.id AND r.status IN ('failed', 'dead') ORDER BY r.number DESC LIMIT 1) AS cause;

-- name: postpone
-- For as long as it is still news.
UPDATE automations SET failure_notified_at = NULL WHERE id = $1 AND failing_since > now() - interval '1 hour';
